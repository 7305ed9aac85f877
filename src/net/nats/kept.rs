//! What a stream at the servers keeps: what was said is read there after each connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream;
use futures_util::StreamExt;
use futures_util::future::pending;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::{BATCH_MAX, CONNECT_WAIT, NatsNews, Shared, arrived_of, tell_arrived};

/// What a stream keeps, in time…
const STREAM_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// …and in bytes, as a member's own history allows for many members.
const STREAM_BYTES: i64 = 256 << 20;

/// How long the server remembers what it was given, to drop doubles.
const STREAM_DOUBLES: Duration = Duration::from_secs(120);

/// A stream that gives nothing for this long is read after the next connection.
const REPLAY_WAIT: Duration = Duration::from_secs(20);

/// How often [`BATCH_MAX`] frames are read: a thousand in a second, as many as a bridge gives to
/// its site. One that is given more than it can check, of people whom it has not met, drops it.
const REPLAY_EVERY: Duration = Duration::from_millis(250);

/// Tells when there is a connection, and what a stream kept meanwhile.
pub(super) async fn watch(client: Client, shared: Arc<Shared>, connected: Arc<Notify>) {
    let first = timeout(CONNECT_WAIT, connected.notified()).await;
    if first.is_err() {
        (shared.tell)(NatsNews::Down("no server answers yet".to_owned()));
        connected.notified().await;
    }
    loop {
        let name = shared.name_of(&client.server_info());
        if !(shared.tell)(NatsNews::Up(name)) {
            return pending().await; // what is still to leave leaves
        }
        if let Some(stream) = &shared.jetstream.stream
            && let Err(error) = replay(&client, stream, &shared).await
        {
            (shared.tell)(NatsNews::Fault(format!("{stream}: {error}")));
        }
        connected.notified().await;
    }
}

/// Reads what a stream has kept since it was read last, and makes it if there is none.
async fn replay(
    client: &Client,
    name: &str,
    shared: &Shared,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let context = shared.jetstream.context(client.clone());
    let stream = context.get_or_create_stream(stream::Config {
        name: name.to_owned(),
        // Of a tag, and nothing behind it.
        subjects: vec!["roda.1.*".to_owned()],
        max_age: STREAM_AGE,
        max_bytes: STREAM_BYTES,
        duplicate_window: STREAM_DOUBLES,
        ..Default::default()
    });
    let stream = stream.await?;
    let next = shared.next.load(Ordering::Relaxed);
    // One that has been made anew counts from 1 again.
    let start_sequence = match stream.cached_info().state.last_sequence < next - 1 {
        true => 1,
        false => next,
    };
    for (room, subjects) in shared.subjects.iter().enumerate() {
        let consumer = stream.create_consumer(pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ack_policy: AckPolicy::None,
            filter_subject: subjects.kept.clone(),
            inactive_threshold: Duration::from_secs(30),
            ..Default::default()
        });
        let consumer = consumer.await?;
        loop {
            let mut messages = consumer.fetch().max_messages(BATCH_MAX).messages().await?;
            let (mut seen, mut arrived) = (0, Vec::new());
            // A server may send more than it was asked for.
            while seen < BATCH_MAX
                && let Some(message) = timeout(REPLAY_WAIT, messages.next()).await?
            {
                seen += 1;
                arrived.extend(arrived_of(&message?.message, room, false));
            }
            if seen == 0 {
                break;
            }
            if !tell_arrived(arrived, shared).await {
                return Ok(());
            }
            if seen == BATCH_MAX {
                sleep(REPLAY_EVERY).await;
            }
        }
    }
    let last = stream.get_info().await?.state.last_sequence;
    shared.next.store(last.saturating_add(1), Ordering::Relaxed);
    Ok(())
}
