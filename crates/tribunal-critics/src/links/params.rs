//! [`Links`] from parameters.

use tribunal_core::{CriticKind, MayBeEmpty, ParamProblem, ParamShape, Params};

use super::host::Domains;
use super::{LinkCheck, Links, LinksError};
use crate::fields::Fields;
use crate::unknown::unknown;

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    crate::fields::LINE,
    ("allow", "The only domains that may be linked to, with their subdomains. All unless given."),
    ("ban", "Domains that may not be linked to, nor may their subdomains; counts before `allow`."),
    ("schemes", "The only schemes that links may have, such as `https`. All unless given."),
    ("bare_domains", "Whether `example.com` in running text is a link."),
    ("punycode", "Whether every host that is not ASCII is objected to."),
    ("max_query", "Most bytes after the first `?` or `#` of a link. No limit unless given."),
    ("disable", "Checks that are left out: the codes without `links.`."),
];

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("links", "links by where they lead and how they are written", from_params)
        .documented(LINES)
}

fn from_params(params: &Params<'_>) -> Option<Links> {
    let mut critic = Links { fields: Fields::read(params), ..Links::new() };
    critic.allow = list(params, "allow", |all| Domains::of(all));
    critic.ban = list(params, "ban", |all| Domains::of(all)).unwrap_or_default();
    critic.schemes =
        list(params, "schemes", |all| Links::new().schemes(all)?.schemes.ok_or(LinksError::Empty));
    critic.bare_domains = params.or("bare_domains", false);
    critic.punycode = params.or("punycode", false);
    critic.max_query = params.optional("max_query");
    let names = || LinkCheck::ALL.iter().map(|check| check.as_str());
    let checks = || Box::new(ParamShape::word(names()));
    params.shape("disable", || ParamShape::List(checks(), MayBeEmpty::Yes));
    for (index, name) in params.or("disable", Vec::<String>::new()).iter().enumerate() {
        match LinkCheck::ALL.iter().find(|check| check.as_str() == name) {
            Some(check) => {
                critic.disabled.insert(*check);
            }
            None => {
                let problem = unknown("check of links", name, names());
                params.fault_at("disable", index, ParamProblem::Word(problem));
            }
        }
    }
    Some(critic)
}

/// A list of texts that `read` makes sense of; what is wrong with it is noted at its item.
fn list<T>(
    params: &Params<'_>,
    key: &'static str,
    read: impl FnOnce(std::vec::IntoIter<&str>) -> Result<T, LinksError>,
) -> Option<T> {
    let written = params.optional::<Vec<String>>(key)?;
    let items: Vec<&str> = written.iter().map(String::as_str).collect();
    match read(items.into_iter()) {
        Ok(list) => Some(list),
        Err(error @ (LinksError::Domain { index } | LinksError::Scheme { index })) => {
            let text = error.to_string();
            let problem = text.split_once(" is ").map_or(&*text, |(_, rest)| rest);
            params.fault_at(key, index, format!("is {problem}"));
            None
        }
        Err(error) => {
            params.fault(key, error.to_string());
            None
        }
    }
}
