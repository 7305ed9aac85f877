//! What a bridge is measured beside: the least that publishes lines at a NATS server, and the least
//! that subscribes to them, with the library that the bridge uses.
//!
//! ```text
//! nats-send URL SUBJECT     lines from stdin, each a message
//! nats-receive URL SUBJECT  messages to stdout, each a line
//! nats-count URL SUBJECT    messages are counted, until none has come for two seconds
//! ```

use std::io::{BufRead, Write, stdin, stdout};
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::runtime::Builder;
use tokio::sync::mpsc::channel;
use tokio::time::timeout;

/// Lines that wait for the publisher, as many frames as wait in a bridge.
const WAITING: usize = 8192;

/// Messages that are written together, if so many are there.
const BATCH: usize = 256;

/// Messages that may wait at a subscriber, all that are measured: beyond it, the library drops.
const SUBSCRIBED: usize = 1 << 17;

async fn client(url: &str) -> async_nats::Client {
    let options = async_nats::ConnectOptions::new().subscription_capacity(SUBSCRIBED);
    options.connect(url).await.unwrap()
}

fn run<T>(task: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(task)
}

/// Publishes each line of stdin.
pub(crate) fn send(url: &str, subject: &str) {
    let (lines, mut queue) = channel::<Vec<u8>>(WAITING);
    thread::spawn(move || {
        let mut read = stdin().lock().split(b'\n').map_while(Result::ok);
        while let Some(line) = read.next()
            && lines.blocking_send(line).is_ok()
        {}
    });
    run(async {
        let client = client(url).await;
        eprintln!("connected");
        while let Some(line) = queue.recv().await {
            client
                .publish(subject.to_owned(), line.into())
                .await
                .unwrap();
        }
        client.flush().await.unwrap();
    });
}

/// Writes each message as a line.
pub(crate) fn receive(url: &str, subject: &str) {
    run(async {
        let client = client(url).await;
        let heard = client.subscribe(subject.to_owned()).await.unwrap();
        client.flush().await.unwrap();
        eprintln!("listening");
        let mut batches = heard.ready_chunks(BATCH);
        let mut lines = Vec::new();
        while let Some(batch) = batches.next().await {
            lines.clear();
            for message in batch {
                lines.extend_from_slice(&message.payload);
                lines.push(b'\n');
            }
            let mut out = stdout().lock();
            if out.write_all(&lines).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    });
}

/// Counts messages, and says when the last one came, by the clock that all processes share.
pub(crate) fn count(url: &str, subject: &str, now_ns: impl Fn() -> u64) {
    run(async {
        let client = client(url).await;
        let mut heard = client.subscribe(subject.to_owned()).await.unwrap();
        client.flush().await.unwrap();
        eprintln!("listening");
        let (mut got, mut bytes, mut last_ns) = (0_u64, 0, 0);
        let mut patience = Duration::from_secs(30);
        while let Ok(Some(message)) = timeout(patience, heard.next()).await {
            patience = Duration::from_secs(2);
            got += 1;
            bytes += message.payload.len();
            last_ns = now_ns();
        }
        eprintln!(r#"{{"got":{got},"bytes":{bytes},"last_ns":{last_ns}}}"#);
    });
}
