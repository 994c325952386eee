//! Secrets in forms that no rule of ours names, and the places where people paste them.
//!
//! The forms are those that issuers document, to the letter where they publish one and by the look of their examples
//! where they do not. No rule names one of these issuers; a test holds that.

use crate::pattern::Dice;

/// A text with one secret in it.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) form: &'static str,
    /// Whether it is a key of an issuer, and not a password or a standard form.
    pub(crate) issuer: bool,
    pub(crate) text: String,
    pub(crate) secret: String,
}

/// A name to which a key of the issuer is given, and the form of the key.
type Issuer = (&'static str, &'static str);

/// Keys that show by a prefix of their own that they are keys.
pub(crate) const PREFIXED: &[Issuer] = &[
    ("RUNPOD_API_KEY", "rpa_%U40%l6"),
    ("CAL_API_KEY", "cal_live_%x32"),
    ("TRIGGER_SECRET_KEY", "tr_prod_%w24"),
    ("MOLLIE_API_KEY", "live_%w30"),
    ("COINGECKO_API_KEY", "CG-%w24"),
    ("FIRECRAWL_API_KEY", "fc-%x32"),
    ("LOGFIRE_TOKEN", "pylf_v1_us_%w43"),
    ("MAILERSEND_API_KEY", "mlsn.%x64"),
    ("AXIOM_TOKEN", "xaat-%x8-%x4-%x4-%x4-%x12"),
    ("PADDLE_API_KEY", "pdl_live_apikey_01%l24_%w22_%w3"),
    ("INNGEST_SIGNING_KEY", "signkey-prod-%x64"),
    ("LLAMA_CLOUD_API_KEY", "llx-%w48"),
    ("MEM0_API_KEY", "m0-%w40"),
    ("NOMIC_API_KEY", "nk-%u43"),
    ("BROWSERBASE_API_KEY", "bb_live_%u27"),
    ("BRAVE_API_KEY", "BSA%u28"),
    ("ORY_PAT", "ory_pat_%w32"),
    ("PERMIT_API_KEY", "permit_key_%w80"),
    ("INFISICAL_TOKEN", "st.%x8-%x4-%x4-%x4-%x12.%x32.%x32"),
    ("DEPOT_TOKEN", "depot_project_%x64"),
    ("CARTESIA_API_KEY", "sk_car_%w22"),
    ("MAPILLARY_TOKEN", "MLY|%d16|%x32"),
    ("COURIER_AUTH_TOKEN", "pk_prod_%U28"),
    ("CHECKLY_API_KEY", "cu_%x32"),
    ("UNKEY_ROOT_KEY", "unkey_%w22"),
    ("SVIX_TOKEN", "testsk_%u32.eu"),
    ("KLAVIYO_API_KEY", "pk_%x34"),
    ("ZOHO_REFRESH_TOKEN", "1000.%x32.%x32"),
];

/// Keys without a form of their own: only what they are given to tells what they are.
pub(crate) const PLAIN: &[Issuer] = &[
    ("HCLOUD_TOKEN", "%w64"),
    ("LINODE_TOKEN", "%x64"),
    ("VULTR_API_KEY", "%U36"),
    ("EXOSCALE_API_SECRET", "%u43"),
    ("SERPER_API_KEY", "%x40"),
    ("SERPAPI_API_KEY", "%x64"),
    ("KAGGLE_KEY", "%x32"),
    ("OPENCAGE_API_KEY", "%x32"),
    ("CMC_PRO_API_KEY", "%x8-%x4-%x4-%x4-%x12"),
    ("LIVEKIT_API_SECRET", "%w43"),
    ("UPSTASH_REDIS_REST_TOKEN", "A%b54=="),
    ("BITRISE_TOKEN", "%u86"),
    ("BUNNY_ACCESS_KEY", "%x8-%x4-%x4-%x12-%x4-%x4"),
    ("ABLY_API_KEY", "%w6.%w6:%u43"),
    ("STORYBLOK_TOKEN", "%w22tt"),
    ("SESSION_SECRET", "%b43="),
    ("ENCRYPTION_KEY", "%X64"),
    ("SIGNING_SECRET", "%a24"),
    ("INTERNAL_SERVICE_TOKEN", "%l26"),
    ("PARTNER_CLIENT_SECRET", "%u34"),
];

/// Written when the rules were done, and never used to improve them: what they find of these is a fair guess for the next.
pub(crate) const LATER: &[Issuer] = &[
    ("PYLON_API_TOKEN", "pylon_api_%x64"),
    ("LANGWATCH_API_KEY", "sk-lw-%w48"),
    ("RESTATE_TOKEN", "key_1%w22.%w43"),
    ("SCRAPFLY_KEY", "scp-live-%x32"),
    ("PORTKEY_SECRET", "Pk%b26="),
    ("MUX_TOKEN_SECRET", "%b74"),
    ("DAILY_API_KEY", "%x64"),
    ("TOMTOM_API_KEY", "%w32"),
    ("HERE_API_KEY", "%u43"),
    ("PHASE_SERVICE_TOKEN", "pss_service:v1:%x64:%x64:%x64"),
    ("AKEYLESS_ACCESS_KEY", "%b43="),
    ("MEILI_MASTER_KEY", "%u43"),
    ("TYPESENSE_API_KEY", "%w32"),
    ("CHROMA_API_KEY", "ck-%w44"),
    ("LAMBDA_API_KEY", "secret_build_%x32.%w32"),
    ("TURNSTILE_SECRET", "0x4AAAAAAA%u25"),
    ("GUMROAD_ACCESS_TOKEN", "%u43"),
    ("PATREON_ACCESS_TOKEN", "%u43"),
    ("LEMON_API_KEY", "%x64"),
    ("SQUARECLOUD_TOKEN", "%x40-%x64"),
    ("TRANSLOADIT_AUTH_SECRET", "%x40"),
    ("IMAGEKIT_PRIVATE_KEY", "private_%b27="),
    ("CRISP_TOKEN_KEY", "%x64"),
    ("TAWK_API_KEY", "%x40"),
    ("CODA_API_TOKEN", "%x8-%x4-%x4-%x4-%x12"),
    ("BASEROW_TOKEN", "%w32"),
    ("DIRECTUS_STATIC_TOKEN", "%u32"),
    ("STRAPI_JWT_SECRET", "%b22=="),
    ("APPWRITE_API_KEY", "standard_%x256"),
    ("NOCODB_TOKEN", "%u40"),
];

/// Where a key stands that is named. `{N}` is the name, `{n}` the name in small letters, `{}` the key.
const NAMED_PLACES: &[(&str, &str)] = &[
    ("shell", "export {N}={}"),
    ("env file", "# production\n{N}=\"{}\"\nPORT=8080\n"),
    ("json", "{\"region\": \"eu-1\", \"{n}\": \"{}\", \"retries\": 3}"),
    ("yaml", "services:\n  web:\n    environment:\n      {N}: {}\n"),
    ("ini", "[remote]\n{n} = {}\ntimeout = 30\n"),
    ("python", "client = Client({n}=\"{}\", timeout=20)"),
    ("javascript", "process.env.{N} = '{}';"),
    ("docker", "ENV {N} {}"),
    ("ci", "- name: {N}\n  value: \"{}\"\n"),
    ("shouted", "It says that my {N} is {} but I get a 401"),
];

/// As [`LATER`]: places that came later.
const LATER_PLACES: &[(&str, &str)] = &[
    ("toml", "[auth]\n{n} = \"{}\"\n"),
    ("ruby", "ENV['{N}'] = '{}'"),
    ("go", "os.Setenv(\"{N}\", \"{}\")"),
    ("kotlin", "val {n} = \"{}\""),
    ("powershell", "$env:{N} = '{}'"),
    ("terraform", "variable \"{n}\" {\n  default = \"{}\"\n}"),
    ("compose", "    - {N}={}\n"),
    ("kubectl", "kubectl create secret generic app --from-literal={N}={}"),
    ("make", "{N} := {}\n"),
    ("csharp", "config[\"{N}\"] = \"{}\";"),
];

/// Where a key stands that only a word such as `key` or `token` announces.
const ANNOUNCED_PLACES: &[(&str, &str)] = &[
    ("bearer header", "curl https://api.vendor.io/v2/me -H 'Authorization: Bearer {}'"),
    ("key header", "GET /v1/items HTTP/1.1\nHost: api.vendor.io\nX-Api-Key: {}\n"),
    ("address", "https://api.vendor.io/v1/search?q=tea&api_key={}&limit=5"),
    ("form", "grant_type=client_credentials&client_id=web&client_secret={}"),
    ("constructor", "const client = new Vendor({ apiKey: \"{}\" });"),
    ("setter", "builder.setAuthToken(\"{}\").build()"),
    ("xml", "<config><apiKey>{}</apiKey></config>"),
    ("properties", "vendor.api.key={}\nvendor.region=eu"),
    ("php", "define('VENDOR_API_KEY', '{}');"),
    ("c", "#define API_KEY \"{}\""),
    ("flag", "vendor deploy --token {} --region eu"),
    ("prose", "Here is my API key: {} - can you see why it is refused?"),
    ("table", "| user | token |\n|---|---|\n| ci | {} |"),
];

/// Where a key stands that nothing announces.
const BARE_PLACES: &[(&str, &str)] = &[
    ("a line", "{}"),
    ("quoted", "please call it with \"{}\" and tell me what it says"),
    ("first argument", "client = vendor.Client('{}')"),
    ("log", "2026-03-01T10:22:07Z INFO using {} for eu-1"),
];

/// Logins in addresses, connection strings, commands and statements; private keys. The secret stands between « and ».
const OTHERS: &[(&str, &str, &str)] = &[
    ("address", "amqps", "amqps://worker:«%w24»@queue.internal:5671/jobs"),
    ("address", "redis", "redis://:«%w32»@cache.internal:6379/0"),
    ("address", "mongodb", "mongodb+srv://svc:«%w20»@cluster0.ab1cd.mongodb.net/app"),
    ("address", "https", "git clone https://deploy:«%l32»@git.internal/team/app.git"),
    ("address", "smtp", "SMTP_URL=smtps://mailer:«%w18»@smtp.internal:465"),
    (
        "connection string",
        "sql server",
        "Server=tcp:db.internal,1433;Database=shop;User ID=app;Password=«%w20»;Encrypt=True;",
    ),
    ("connection string", "odbc", "Driver={PostgreSQL};Server=db;Uid=app;Pwd=«%w16»;"),
    ("connection string", "jdbc", "jdbc:postgresql://db.internal/shop?user=app&password=«%w18»"),
    ("connection string", "libpq", "host=db.internal user=app password=«%w18» dbname=shop"),
    (
        "connection string",
        "service bus",
        "Endpoint=sb://bus.internal/;SharedAccessKeyName=Root;SharedAccessKey=«%b43»=",
    ),
    ("command", "psql", "PGPASSWORD=«%w16» psql -h db.internal -U app shop"),
    ("command", "login", "oc login https://api.internal:6443 -u admin -p «%w5-%w5-%w5-%w5»"),
    ("command", "redis-cli", "redis-cli -h cache.internal -a «%w24» ping"),
    ("command", "openssl", "openssl enc -d -aes-256-cbc -pass pass:«%w20» -in backup.enc"),
    ("statement", "sql", "ALTER USER app WITH PASSWORD '«%w18»';"),
    ("statement", "mysql", "CREATE USER 'app'@'%' IDENTIFIED BY '«%w18»';"),
    ("password", "yaml", "database:\n  user: app\n  password: «%p14»\n"),
    ("password", "java", "private static final String DB_PASSWORD = \"«%p14»\";"),
    ("password", "spring", "spring.datasource.password=«%w16»"),
    ("password", "prose", "the admin password is «%w12», please change it"),
    ("password", "german", "Passwort: «%w14»"),
    ("password", "basic header", "Proxy-Authorization: Basic «YXBwOn%w22==»"),
    (
        "private key",
        "openssh",
        "-----BEGIN OPENSSH PRIV ATE KEY-----\n«%b70\n%b70\n%b70»\n-----END OPENSSH PRIV ATE KEY-----",
    ),
    (
        "private key",
        "ec",
        "-----BEGIN EC PRIV ATE KEY-----\n«%b64\n%b64»==\n-----END EC PRIV ATE KEY-----",
    ),
    (
        "private key",
        "pkcs8 in json",
        "{\"private_key\": \"-----BEGIN PRIV ATE KEY-----\\n«%b64\\n%b64\\n%b40»\\n-----END PRIV ATE KEY-----\\n\"}",
    ),
    (
        "private key",
        "pgp",
        "-----BEGIN PGP PRIV ATE KEY BLOCK-----\n\n«%b64\n%b64\n%b64»\n-----END PGP PRIV ATE KEY BLOCK-----",
    ),
];

/// All of them, the same in every run.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut issuers = |group, issuers: &'static [Issuer], places: &[&'static [(&str, &str)]]| {
        for &(name, form) in issuers {
            for (place, text) in places.iter().copied().flatten() {
                let secret = Dice::of(&format!("{group} {name} {place}")).text(form);
                let text = text.replace("{N}", name).replace("{n}", &name.to_lowercase());
                let text = text.replace("{}", &secret);
                cases.push(Case { group, form: name, issuer: true, text, secret });
            }
        }
    };
    issuers("prefix, named", PREFIXED, &[NAMED_PLACES]);
    issuers("prefix, announced", PREFIXED, &[ANNOUNCED_PLACES]);
    issuers("prefix, bare", PREFIXED, &[BARE_PLACES]);
    issuers("no form, named", PLAIN, &[NAMED_PLACES]);
    issuers("no form, announced", PLAIN, &[ANNOUNCED_PLACES]);
    issuers("later, named", LATER, &[NAMED_PLACES, LATER_PLACES]);
    issuers("later, announced", LATER, &[ANNOUNCED_PLACES]);
    for &(group, form, text) in OTHERS {
        for copy in 0..4 {
            cases.push(other(group, form, text, copy));
        }
    }
    cases
}

fn other(group: &'static str, form: &'static str, text: &str, copy: u32) -> Case {
    // Written apart, so that no scanner takes this file for a leak.
    let text = text.replace("PRIV ATE", "PRIVATE");
    let (before, rest) = text.split_once('«').expect("where the secret begins");
    let (secret, after) = rest.split_once('»').expect("where the secret ends");
    let secret = Dice::of(&format!("{group} {form} {copy}")).text(secret);
    let text = [before, &secret, after].concat();
    Case { group, form, issuer: false, text, secret }
}
