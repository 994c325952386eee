//! Clients that take their time, too many of them, and answers that are none.

use std::convert::Infallible;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tribunal_metrics::{Meters, Sources};
use tribunal_production::{CriticSpec, ProductionOrchestrator};
use tribunal_status::{Address, AskError, Board, Server, Status, ask};
use tribunal_testkit::*;

/// Longer than any of these tests takes, and as long as the clock says that it does, which runs ahead where it is paused.
const LONG: Duration = Duration::from_secs(1_000_000);

/// A server of a document that no socket's buffer holds, in a task of its own.
struct Served {
    folder: TempDir,
    address: Address,
    _serving: JoinSet<Infallible>,
}

impl Served {
    async fn with_critics(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::from(folder.path().join("status.sock"));
        let board = Board::new("many", &Meters::new());
        let critics = (0..count).map(|number| CriticSpec::new(format!("critic_{number}")));
        let builder = critics.fold(ProductionOrchestrator::builder(), |builder, spec| {
            builder.critic(spec, fails("it"))
        });
        let court = builder.build().unwrap();
        let server = Server::bind(&address).await.unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { server.serve(&board, || Sources::fixed(&court)).await });
        Self { folder, address, _serving: serving }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("status.sock")).await.unwrap()
    }
}

const MANY: usize = 500;

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_too_long_is_cut_off_and_others_are_not_kept_waiting() {
    let served = Served::with_critics(MANY).await;
    let mut slow = served.connect().await;
    let status = ask(&served.address, LONG).await.unwrap();
    assert_eq!(status.critics.len(), MANY);
    sleep(Duration::from_secs(10)).await;
    let mut text = String::new();
    slow.read_to_string(&mut text).await.unwrap();
    assert!(serde_json::from_str::<Status>(&text).unwrap_err().is_eof(), "{} bytes", text.len());
}

#[tokio::test]
async fn too_many_at_a_time_are_told_so_and_there_is_room_again_when_they_leave() {
    let served = Served::with_critics(MANY).await;
    let mut clients = Vec::new();
    // Where this goes so slowly that the first of them are given up on already, it takes more of them.
    let refused = loop {
        assert!(clients.len() < 1_000, "there is no end of them");
        let mut client = served.connect().await;
        // With the first byte there it is being answered, and with more to come it stays so.
        client.read_exact(&mut [0]).await.unwrap();
        clients.push(client);
        if clients.len() >= 16
            && let Err(error) = ask(&served.address, LONG).await
        {
            break error;
        }
    };
    assert!(matches!(refused, AskError::Busy(_)), "{refused:?}");
    drop(clients);
    loop {
        match ask(&served.address, LONG).await {
            Ok(status) => break assert_eq!(status.critics.len(), MANY),
            // Until it has seen that they are gone.
            Err(error) => assert!(matches!(error, AskError::Busy(_)), "{error}"),
        }
    }
}

#[tokio::test]
async fn what_a_client_says_changes_nothing() {
    let served = Served::with_critics(1).await;
    let mut client = served.connect().await;
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.find('\n'), Some(text.len() - 1), "one line");
    assert_eq!(serde_json::from_str::<Status>(&text).unwrap().critics.len(), 1);
}

#[tokio::test]
async fn a_port_of_this_machine_does_as_well() {
    let any: Address = "tcp:127.0.0.1:0".parse().unwrap();
    let server = Server::bind(&any).await.unwrap();
    let address = format!("tcp:127.0.0.1:{}", server.port().unwrap()).parse().unwrap();
    let board = Board::new("tcp", &Meters::new());
    let status = tokio::select! {
        status = ask(&address, LONG) => status.unwrap(),
        never = server.serve(&board, Sources::default) => match never {},
    };
    assert_eq!(status.name, "tcp");
}

/// What is said of an answer like this; nothing is said when the other side hangs up at once.
async fn said_of(answer: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let address = Address::from(path);
    let answering = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => std::future::pending().await,
        }
        drop(stream);
        std::future::pending::<Infallible>().await
    };
    let within = if answer.is_some() { LONG } else { Duration::from_millis(1) };
    let error = tokio::select! {
        asked = ask(&address, within) => asked.unwrap_err(),
        never = answering => match never {},
    };
    error.to_string().replace(&address.to_string(), "S")
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_for_what_it_is() {
    for (answer, said) in [
        ("", "the answer of `S` ends before it is whole"),
        ("{\"tribunal_status\": 1, \"name\": \"x", "the answer of `S` ends before it is whole"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "what `S` answers is no status"),
        ("{\"status\": 1}", "what `S` answers is no status"),
        ("{\"tribunal_status\": 1, \"critics\": 7}", "what `S` answers is no status"),
        (
            "{\"tribunal_status\": 2, \"critics\": 7}",
            "`S` speaks version 2 of the status, and this is version 1",
        ),
        ("{\"tribunal_status\": 1, \"busy\": true}", "`S` answers too many others: try again"),
    ] {
        assert_eq!(said_of(Some(answer)).await, said, "{answer}");
    }
    assert_eq!(said_of(None).await, "no answer from `S` within 1ms");
}

#[tokio::test]
async fn where_nobody_is_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let asked = async |name: &str| {
        let address = Address::from(folder.path().join(name));
        let error = ask(&address, LONG).await.unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "")
    };
    drop(UnixListener::bind(folder.path().join("left")).unwrap());
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(
        asked("none").await,
        "there is no socket at `/none`: does the process run, and offer its status there?"
    );
    assert_eq!(asked("left").await, "nobody answers at `/left`: the process has ended");
    assert_eq!(asked("file").await, "`/file` is no socket");
}
