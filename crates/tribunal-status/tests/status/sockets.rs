//! Sockets in the file system: whose they are, and what is done about those that are there.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

use tempfile::TempDir;
use tribunal_status::{Address, BindError, Server};

fn folder() -> (TempDir, Address) {
    let folder = tempfile::tempdir().unwrap();
    let address = Address::from(folder.path().join("status.sock"));
    (folder, address)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn it_is_for_its_own_user_and_goes_with_its_server() {
    let (folder, address) = folder();
    let server = Server::bind(&address).await.unwrap();
    let file = fs::metadata(folder.path().join("status.sock")).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["status.sock"], "nothing is left beside it");
    drop(server);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn what_a_process_left_behind_is_replaced_and_a_process_that_is_there_is_not() {
    let (folder, address) = folder();
    drop(UnixListener::bind(folder.path().join("status.sock")).unwrap());
    assert_eq!(names(folder.path()), ["status.sock"], "as after a crash");
    let first = Server::bind(&address).await.unwrap();
    assert!(matches!(Server::bind(&address).await, Err(BindError::InUse(_))));
    assert_eq!(names(folder.path()), ["status.sock"]);
    drop(first);
    Server::bind(&address).await.unwrap();
}

#[tokio::test]
async fn another_file_is_left_as_it_is() {
    let (folder, address) = folder();
    let path = folder.path().join("status.sock");
    fs::write(&path, "mine").unwrap();
    let error = Server::bind(&address).await.unwrap_err();
    assert!(error.to_string().ends_with("is there and no socket: it is left as it is"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = Address::from(folder.path().join("missing/status.sock"));
    assert!(matches!(Server::bind(&nowhere).await, Err(BindError::Failed { .. })));
}

#[tokio::test]
async fn a_server_leaves_a_socket_alone_that_has_taken_its_place() {
    let (folder, address) = folder();
    let path = folder.path().join("status.sock");
    let server = Server::bind(&address).await.unwrap();
    fs::remove_file(&path).unwrap();
    let other = Server::bind(&address).await.unwrap();
    drop(server);
    assert!(path.exists());
    drop(other);
    assert!(!path.exists());
}
