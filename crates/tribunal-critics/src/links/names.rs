//! Names of hosts that stand by themselves: `example.com` is one, `main.rs` is none.

use super::host::Host;
use super::scan::boundary;
use super::target::{Place, Target, is_scheme};

/// How much of a text that is shown for a link is looked at, in bytes.
const SHOWN_BYTES: usize = 512;

/// Endings in common use that are no country.
const GENERIC: &str = "com org net info biz edu gov mil int io app dev xyz online site shop store \
    cloud top club live pro tech click link icu vip work blog website space fun agency email news \
    page web world today life digital media network xn--p1ai xn--fiqs8s рф укр 中国 한국 भारत";
/// Countries (ISO 3166) without those that end the names of files.
const COUNTRIES: &str = "ac ad ae af ag ai al ao aq ar at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs \
    bt bw by bz ca cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm dz ec ee eg er es et eu fi \
    fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il im io iq ir is \
    it je jm jo jp ke kg kh ki km kn kp kr kw ky kz lb lc li lk lr ls lt lu lv ly ma mc me mg mh mn mo mp mq \
    mr mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pn pr pt pw qa re ro ru rw \
    sa sb sc sd se sg si sk sl sm sn sr ss su sv sx sy sz tc td tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk \
    us uy uz va vc ve vg vn vu wf ws ye yt za zm zw";
/// Countries that end the names of files too: a path or `www.` decides.
const FILES: &str = "am as bv by cc do gs in la mk ml mm ms pl pm ps py rs sh so st tf vi md";

/// Whether a name ends as the names of hosts do; `path` says that one follows.
pub(super) fn is_domain(name: &str, path: bool) -> bool {
    let Some((rest, end)) = name.rsplit_once('.') else { return false };
    let among = |list: &str| list.split_ascii_whitespace().any(|known| known == end);
    let whole = rest.split('.').all(|label| !label.is_empty() && label.len() <= 63);
    let words = ["asp.net", "ado.net", "vb.net"];
    whole
        && rest.chars().any(char::is_alphanumeric)
        && !words.iter().any(|word| name.eq_ignore_ascii_case(word))
        && (among(GENERIC)
            || among(COUNTRIES)
            || (among(FILES) && (path || rest.starts_with("www.")))
            || (end.bytes().all(|b| b.is_ascii_uppercase())
                && rest.bytes().all(|b| !b.is_ascii_lowercase())
                && is_domain(&name.to_ascii_lowercase(), path)))
}

/// The host that a text shows for a link, if it shows one.
pub(super) fn shown_host(shown: &str) -> Option<Host> {
    let (shown, _) = shown.split_at_checked(boundary(shown, SHOWN_BYTES))?;
    let bracket = |c: char| "()<>\"'*_`,;!?".contains(c);
    shown.split_whitespace().find_map(|word| {
        let word = word.trim_matches(bracket).trim_end_matches('.');
        if let Some((scheme, _)) = word.split_once("://") {
            return match Target::of(word, Place::Text) {
                Target::Url(url) if is_scheme(scheme) => url.hosts.into_iter().next(),
                _ => None,
            };
        }
        let name = word.split(['/', ':', '?', '#']).next()?;
        let path = word.get(name.len()..).is_some_and(|rest| rest.starts_with('/'));
        let fits = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
        (fits && is_domain(name, path)).then(|| Host::of(name))
    })
}
