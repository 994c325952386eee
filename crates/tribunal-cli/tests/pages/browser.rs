//! A Chromium that is told what to do over two pipes, by the DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>): messages of JSON, each with a NUL at its end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What it may be called.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome-headless-shell",
    "headless_shell",
];
/// Where `.ci/run` puts one that it had to fetch.
const FETCHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/bin/chromium");
/// A browser that says nothing for so long says nothing any more.
const PATIENCE: Duration = Duration::from_secs(120);

/// The one that `TRIBUNAL_CHROMIUM` names, or the first that there is.
fn found() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TRIBUNAL_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    named.chain([PathBuf::from(FETCHED)]).find(|file| file.is_file())
}

/// Has something looked at in a browser; where there is none, says what was not.
pub(crate) fn look(unchecked: &str, check: impl FnOnce(&mut Browser)) {
    let Some(program) = found() else {
        // Past what keeps the output of tests that pass to itself.
        let _ = writeln!(
            std::io::stderr(),
            "NOT CHECKED, there is no Chromium on this machine: {unchecked}. `.ci/run` fetches one; \
             TRIBUNAL_CHROMIUM names one elsewhere."
        );
        return;
    };
    std::thread::scope(|scope| {
        let folder = tempfile::tempdir().unwrap();
        let (mut running, output) = Running::start(&program, folder.path());
        let (to, messages) = channel();
        scope.spawn(move || {
            for message in BufReader::new(output).split(0) {
                let Ok(message) = message else { break };
                let _ = to.send(message);
            }
        });
        let input = running.0.stdin.take().unwrap();
        // Stopped before the thread is waited for, also when the check fails.
        let (session, complaints) = (None, Vec::new());
        let mut browser = Browser {
            _running: running,
            _folder: folder,
            input,
            messages,
            sent: 0,
            session,
            complaints,
        };
        browser.open();
        check(&mut browser);
    });
}

/// Stopped when it is dropped.
struct Running(Child);

impl Running {
    /// What it is told comes by its descriptor 3, and what it says goes to 4.
    fn start(program: &Path, folder: &Path) -> (Self, ChildStdout) {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 1>/dev/null 0</dev/null"]).arg(program);
        command.args([
            "--headless",
            "--no-sandbox", // the pages are our own
            "--no-zygote",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--remote-debugging-pipe",
        ]);
        command.arg(format!("--user-data-dir={}", folder.display())).arg("about:blank");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        (Self(child), output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A browser with one page.
pub(crate) struct Browser {
    // Dropped in this order: it writes to its folder until it has ended.
    _running: Running,
    _folder: TempDir,
    input: ChildStdin,
    messages: Receiver<Vec<u8>>,
    sent: u64,
    session: Option<String>,
    /// What went wrong in the page, as far as the browser says so.
    complaints: Vec<String>,
}

impl Browser {
    fn next(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).expect("the browser says something");
        let message: Value = serde_json::from_slice(&message).unwrap();
        let what = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(format!("a script failed: {}", what["exceptionDetails"]));
            }
            Some("Runtime.consoleAPICalled") => {
                self.complaints.push(format!("on the console: {}", what["args"]));
            }
            Some("Log.entryAdded") => self.complaints.push(what["entry"]["text"].to_string()),
            Some("Page.javascriptDialogOpening") => {
                self.complaints.push(format!("a dialog: {}", what["message"]));
            }
            Some("Network.requestWillBeSent") if what["type"] != "Document" => {
                self.complaints.push(format!("asks for {}", what["request"]["url"]));
            }
            _ => {}
        }
        message
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.next();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    fn open(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", attach);
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for part in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{part}.enable"), json!({}));
        }
    }

    /// Shows a file at this width, light or dark, and waits until it is there.
    pub(crate) fn show(&mut self, file: &Path, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let dark = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": dark }));
        let shown =
            self.call("Page.navigate", json!({"url": format!("file://{}", file.display())}));
        assert!(shown["errorText"].is_null(), "{shown}");
        while self.next()["method"] != "Page.loadEventFired" {}
    }

    /// What an expression comes to within the page. The page's own policy against scripts does not hold it up.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let mut done = self.call("Runtime.evaluate", params);
        assert!(done["exceptionDetails"].is_null(), "{done}");
        done["result"]["value"].take()
    }

    /// What went wrong in pages since the last time.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }
}
