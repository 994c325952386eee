//! What looks like a secret and is none: identifiers, digests, public keys, encoded data, placeholders, code.

use crate::pattern::Dice;

/// What it is, and a text with it. Forms as in [`Dice::text`].
pub(crate) const ALIKE: &[(&str, &str)] = &[
    // Identifiers.
    ("uuid", "%x8-%x4-4%x3-a%x3-%x12"),
    ("uuid of a request", "request id: %x8-%x4-4%x3-b%x3-%x12, please look it up"),
    ("uuid of a key", "key_id = \"%x8-%x4-4%x3-a%x3-%x12\""),
    ("ulid", "order 01H%U23 was shipped"),
    ("payment object", "{\"customer\": \"cus_%w14\", \"payment_intent\": \"pi_3%w23\"}"),
    ("payment price", "price_1%w23"),
    ("tool call", "{\"tool_call_id\": \"call_%w24\", \"role\": \"tool\"}"),
    ("tool use", "toolu_01%w22"),
    ("completion", "\"id\": \"chatcmpl-%w29\", \"object\": \"chat.completion\""),
    ("message of a thread", "thread_%w24 / msg_%w24 / run_%w24"),
    ("document", "https://docs.google.com/document/d/1%u43/edit"),
    ("video", "https://www.youtube.com/watch?v=%u11"),
    ("object in a store", "s3://assets-eu/uploads/%x32/%x8.png"),
    ("access key id's neighbour", "arn:aws:iam::%d12:role/deploy-%l8"),
    ("instance", "i-0%x17 in subnet-0%x17"),
    ("pod", "web-frontend-7%l9-%l5 is in CrashLoopBackOff"),
    ("trace", "traceparent: 00-%x32-%x16-01"),
    ("span", "trace_id=%x32 span_id=%x16 level=info"),
    ("session of an editor", "vscode-webview://1%l51/index.html"),
    ("ethereum address", "0x%x40 sent 3 ETH"),
    ("transaction", "https://etherscan.io/tx/0x%x64"),
    ("content id", "ipfs://bafybei%l52"),
    ("invoice", "INV-2026-%d6 / customer %d9"),
    ("phone and number", "+49 30 %d8, order %d12"),
    ("isbn", "ISBN 978-3-%d6-%d2-%d1"),
    ("device", "serial: %U12, firmware 4.2.%d3"),
    // Digests.
    ("commit", "commit %x40\nAuthor: Jo <jo@mail.example>\n"),
    ("short commit", "Merge %x7 into %x9"),
    ("sha256", "%x64  release-2.4.1.tar.gz"),
    ("md5", "md5: %x32"),
    ("image digest", "FROM debian@sha256:%x64"),
    ("go sum", "golang.org/x/net v0.23.0 h1:%b43="),
    ("npm lock", "\"integrity\": \"sha512-%b86==\","),
    ("cargo lock", "checksum = \"%x64\""),
    ("python lock", "tea==2.1.0 --hash=sha256:%x64"),
    ("bundle", "<script src=\"/static/main-%x20.js\" integrity=\"sha384-%b64\"></script>"),
    ("etag", "ETag: W/\"%x32\""),
    ("css", "<div class=\"css-%l6 sc-%a6 jss%d3\">"),
    ("cache entry", "cache-key: linux-cargo-%x64"),
    ("git blob", "index %x7..%x7 100644"),
    ("fingerprint", "SHA256:%b43 jo@laptop (ED25519)"),
    // Public keys and encoded data.
    ("ssh public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI%b43 jo@laptop"),
    ("rsa public key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ%b200 jo@laptop"),
    ("certificate", "-----BEGIN CERTIFICATE-----\nMII%b61\n%b64\n%b64\n-----END CERTIFICATE-----"),
    ("public key", "-----BEGIN PUBLIC KEY-----\nMII%b61\n%b64\n-----END PUBLIC KEY-----"),
    ("public key in a config", "public_key = \"%b43=\""),
    ("picture", "<img src=\"data:image/png;base64,iVBORw0KGgo%b240\">"),
    ("font", "src: url(data:font/woff2;base64,d09GMg%b200)"),
    ("base64 of text", "echo SGVsbG8gd29ybGQsIHRoaXMgaXMgYSBsb25nZXIgdGV4dA== | base64 -d"),
    ("svg path", "<path d=\"M%d2.%d1 %d2.%d2c-1.%d1 0-%d2.%d1 2.%d1l-%d2-%d1z\"/>"),
    ("hex dump", "00000000: %x4 %x4 %x4 %x4 %x4 %x4 %x4 %x4  ................"),
    ("colors", "#%x6 #%x6 #%x6 rgba(12, 80, 120, 0.4)"),
    ("source map", "//# sourceMappingURL=app.%x8.js.map"),
    ("nonce", "Content-Security-Policy: script-src 'nonce-%b22=='"),
    ("websocket", "Sec-WebSocket-Key: %b22==\nSec-WebSocket-Accept: %b27="),
    ("random test data", "ids = [\"%l8\", \"%l8\", \"%l8\", \"%l8\"]"),
    // Placeholders.
    ("placeholder", "export API_KEY=<your-api-key>"),
    ("placeholder in capitals", "api_key: YOUR_API_KEY_HERE"),
    ("placeholder of x", "token = \"sk_live_xxxxxxxxxxxxxxxxxxxxxxxx\""),
    ("stars", "password: ****************"),
    ("variable", "password = ${DB_PASSWORD}"),
    ("template", "token: {{ .Values.auth.token }}"),
    ("github action", "token: ${{ secrets.DEPLOY_TOKEN }}"),
    ("environment", "api_key = os.environ[\"VENDOR_API_KEY\"]"),
    ("node environment", "const apiKey = process.env.VENDOR_API_KEY ?? \"\";"),
    ("call", "token = await getAccessToken(user.id, { refresh: true })"),
    ("vault path", "secretKeyRef: { name: vendor-credentials, key: api-token }"),
    ("masked", "token: ghp_****************************3fQ2"),
    ("password of a manual", "password: changeme123"),
    ("curl of a manual", "curl -H 'Authorization: Bearer $TOKEN' https://api.vendor.io/v1"),
    ("url of a manual", "postgres://user:password@localhost:5432/mydb"),
    // Names, code and prose.
    ("token count", "max_tokens=4096, completion_tokens=%d3, total_tokens=%d4"),
    ("key of a cache", "cache.set(key=\"user:%d6:profile\", ttl=300)"),
    ("primary key", "PRIMARY KEY (tenant_id, created_at), KEY idx_orders_customer (customer_id)"),
    ("keyboard", "key: ArrowDown, keyCode: 40, code: \"ArrowDown\""),
    ("java class", "com.vendor.platform.authentication.TokenAuthenticationProviderFactoryBean2"),
    ("camel case", "const tokenExpirationCheckIntervalInMilliseconds = 60000;"),
    ("long name", "test_that_an_expired_access_token_is_refreshed_only_once_v2"),
    ("file", "secrets/2026-03/encrypted-credentials-backup.tar.gz.enc"),
    ("i18n", "auth.password.reset.token.expired = Your link has expired (error 4012)"),
    (
        "prose on keys",
        "The key to success is consistency, and the token gesture of 2024 was not enough.",
    ),
    (
        "prose on passwords",
        "Passwords should have 12 characters, an upper-case letter and a digit.",
    ),
    (
        "question on tokens",
        "What is the difference between an access token and a refresh token in OAuth 2.0?",
    ),
    (
        "error",
        "InvalidAuthenticationTokenTenant: The access token is from the wrong issuer, code 40001",
    ),
    ("regex", "const KEY_PATTERN = /^[A-Za-z0-9_]{32,64}$/;"),
    ("type", "api_key: Optional[str] = None, token: str | None = None"),
    ("graph", "graph TD; A[Client]-->B(AuthServer01); B-->C{TokenValid2}"),
    ("license plate list", "B-XY %d4, HH-AB %d3, M-QR %d4"),
    ("chess", "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7"),
    ("protein", "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"),
    ("dna", "ACGTTGCAACGTAGCTAGCTAGGATCGATCGATTAGCATCGATCGACTAGC"),
    ("smiles", "CC(=O)OC1=CC=CC=C1C(=O)O is aspirin, CN1C=NC2=C1C(=O)N(C(=O)N2C)C is caffeine"),
    (
        "latex",
        "\\begin{equation} E_{k}^{2} = m_0^2c^4 + p^2c^2 \\label{eq:E2mc2p2x7} \\end{equation}",
    ),
    (
        "model names",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo, Qwen2.5-Coder-32B-Instruct-GPTQ-Int4",
    ),
    ("package", "@types/react-dom@18.2.25_react@18.2.0_typescript@5.4.5"),
    ("branch", "feature/PROJ-1234-add-OAuth2-PKCE-support-for-iOS17"),
];

/// How many of each there are.
const COPIES: u32 = 8;

/// All of them, the same in every run.
pub(crate) fn cases() -> impl Iterator<Item = (&'static str, String)> {
    ALIKE.iter().flat_map(|&(name, form)| {
        // What has nothing random in it is one text, however often it is made.
        let copies = if form.contains('%') { COPIES } else { 1 };
        (0..copies).map(move |copy| (name, Dice::of(&format!("{name} {copy}")).text(form)))
    })
}
