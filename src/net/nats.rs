//! A connection to NATS servers, on a thread of its own. Each room has three subjects:
//!
//! ```text
//! roda.1.TAG            durable frames, for all bridges; a stream may keep them
//! roda.1.TAG.live       everything else that is for all bridges
//! roda.1.TAG.to.ID      what is for one bridge
//! ```
//!
//! TAG is the room tag that frames carry in clear, in hexadecimal digits, and ID a random number of
//! the bridge, which it gives as the subject for replies. A payload is one frame, as its author
//! sealed it: the servers learn neither names nor words.

mod connection;
mod kept;
mod login;
mod subjects;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use async_nats::client::{PublishError, PublishErrorKind};
use async_nats::jetstream;
use async_nats::{
    Client, ConnectOptions, Event, HeaderMap, Message, ServerAddr, ServerInfo, Subscriber,
};
use futures_util::StreamExt;
use futures_util::future::{Either, pending, select};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use self::connection::Connection;
pub use self::login::{NatsLogin, NatsTls};
use self::subjects::{Subjects, address_of, number_of};
use crate::clock::monotonic;
use crate::protocol::wire::frame::{FRAME_MAX_BYTES, Kind, ROOM_TAG_BYTES};

/// Most frames that wait to be sent: 10 MiB.
const OUTGOING_MAX: usize = 8192;

/// Most frames that the loop was told and has not worked off; further ones wait at the client, and
/// then at the server.
const TOLD_MAX: usize = 1024;

/// Frames that are told together.
const BATCH_MAX: usize = 256;

/// Messages of one subject that wait at the client: beyond it, the client drops.
const SUBSCRIPTION_MAX: usize = 4096;

/// After this time without a connection, that is told; and after a connection that broke, another
/// one is made.
const CONNECT_WAIT: Duration = Duration::from_secs(3);

/// How long the end of this waits for what is still to leave.
const END_WAIT: Duration = Duration::from_secs(2);

/// A server that is silent for three times as long is given up, as one behind a cut link.
const PING_EVERY: Duration = Duration::from_secs(5);

/// Who sent a frame that a stream keeps.
const FROM: &str = "Roda-From";

/// What the connection is made with.
pub struct NatsConfig {
    /// The servers' addresses.
    pub servers: Vec<String>,
    /// How this bridge shows who it is.
    pub login: NatsLogin,
    /// How the connection is kept secret.
    pub tls: NatsTls,
    /// What the subjects of answers begin with.
    pub inbox_prefix: Option<String>,
    /// The tags of the rooms.
    pub tags: Vec<[u8; ROOM_TAG_BYTES]>,
    /// The stream that keeps durable frames, if one does.
    pub jetstream: JetStream,
    /// The random number of this bridge.
    pub id: [u8; 16],
}

/// Where what is said is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JetStream {
    /// The stream; without one, nothing is kept.
    pub stream: Option<String>,
    /// The domain that it is in.
    pub domain: Option<String>,
    /// What the subjects of its questions begin with.
    pub api_prefix: Option<String>,
}

impl JetStream {
    fn context(&self, client: Client) -> jetstream::Context {
        match (&self.domain, &self.api_prefix) {
            (Some(domain), _) => jetstream::with_domain(client, domain),
            (None, Some(prefix)) => jetstream::with_prefix(client, prefix),
            (None, None) => jetstream::new(client),
        }
    }
}

/// Shows no credentials: a context's servers may have some in their addresses.
impl fmt::Debug for NatsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NatsConfig({} servers)", self.servers.len())
    }
}

/// A frame that came.
#[derive(Debug)]
pub struct Arrived {
    /// The index of the room.
    pub room: usize,
    /// Which bridge sent it, as an address of the link.
    pub from: SocketAddr,
    /// Whether it is for this bridge alone.
    pub is_single: bool,
    /// The frame.
    pub bytes: Vec<u8>,
}

/// What the thread tells.
#[derive(Debug)]
pub enum NatsNews {
    /// There is a connection, with this server.
    Up(String),
    /// There is none, because of this.
    Down(String),
    /// The server refuses something.
    Fault(String),
    /// Frames came. Each is to be given back by [`Nats::give_back`].
    Arrived(Vec<Arrived>),
}

/// A frame that is to leave.
struct Outgoing {
    room: usize,
    to: Option<SocketAddr>,
    bytes: Arc<[u8]>,
}

/// The connection, which ends with this.
#[derive(Debug)]
pub struct Nats {
    outgoing: Option<Sender<Outgoing>>,
    told: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

/// What the tasks share.
struct Shared {
    subjects: Vec<Subjects>,
    jetstream: JetStream,
    told: Arc<Semaphore>,
    tell: Box<dyn Fn(NatsNews) -> bool + Send + Sync>,
    /// The first number of the stream that was not read yet.
    next: AtomicU64,
    /// Where the only server is; `None` of several.
    address: Option<String>,
    connection: Mutex<Connection>,
}

/// How a session with the servers ends.
enum Ended {
    /// Nobody wants anything sent any more.
    Over,
    /// The client gave it up, because of this.
    Broken(String),
}

impl Nats {
    /// Starts to connect. `tell` returns false once nobody listens.
    ///
    /// # Errors
    /// Credentials that are none, and the system's refusal of a thread.
    pub fn start(
        config: NatsConfig,
        tell: impl Fn(NatsNews) -> bool + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let told = Arc::new(Semaphore::new(TOLD_MAX));
        let subjects = config.tags.iter();
        let shared = Arc::new(Shared {
            subjects: subjects.map(|tag| Subjects::of(tag, &config.id)).collect(),
            jetstream: config.jetstream.clone(),
            told: told.clone(),
            tell: Box::new(tell),
            next: AtomicU64::new(1),
            address: address_of_only(&config.servers),
            connection: Mutex::default(),
        });
        // Credentials that are none show here.
        options(&config, &shared, &Arc::default())?;
        let (outgoing, queue) = channel(OUTGOING_MAX);
        let serve = move || runtime.block_on(serve(&config, queue, &shared));
        let thread = thread::Builder::new().name("nats".into()).spawn(serve)?;
        Ok(Self {
            outgoing: Some(outgoing),
            told,
            thread: Some(thread),
        })
    }

    /// Sends a frame of a room to all bridges, or to one. Returns false if it cannot wait.
    pub fn send(&self, room: usize, to: Option<SocketAddr>, bytes: Arc<[u8]>) -> bool {
        let frame = Outgoing { room, to, bytes };
        let outgoing = self.outgoing.as_ref();
        outgoing.is_some_and(|outgoing| outgoing.try_send(frame).is_ok())
    }

    /// Says that frames which were told are worked off.
    pub fn give_back(&self, frames: usize) {
        self.told.add_permits(frames);
    }
}

impl Drop for Nats {
    /// Ends the thread, once what waits has left; without a connection, nothing leaves, and the
    /// thread is left to the end of the process.
    fn drop(&mut self) {
        self.outgoing = None;
        self.told.close();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let until = monotonic() + END_WAIT;
        while !thread.is_finished() && monotonic() < until {
            thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

/// What a session begins with; `connected` is notified of each connection.
fn options(
    config: &NatsConfig,
    shared: &Arc<Shared>,
    connected: &Arc<Notify>,
) -> io::Result<ConnectOptions> {
    let told = (shared.clone(), connected.clone());
    let mut options = ConnectOptions::new()
        .name("roda bridge")
        .no_echo()
        .retry_on_initial_connect()
        .ping_interval(PING_EVERY)
        .subscription_capacity(SUBSCRIPTION_MAX)
        .event_callback(move |event| {
            let (shared, connected) = told.clone();
            async move { shared.note(&event, &connected) }
        });
    if let Some(prefix) = &config.inbox_prefix {
        options = options.custom_inbox_prefix(prefix);
    }
    config.login.apply(config.tls.apply(options))
}

impl Shared {
    fn note(&self, event: &Event, connected: &Notify) {
        let news = match self.connection.lock() {
            Ok(mut connection) => connection.note(event),
            Err(_) => None, // nobody panics while holding it
        };
        if let Some(news) = news {
            (self.tell)(news);
        }
        if *event == Event::Connected {
            connected.notify_one();
        }
    }

    /// How a server is called: by its name, or its address if it has none of its own.
    fn name_of(&self, server: &ServerInfo) -> String {
        let is_unnamed = server.server_name == server.server_id;
        let address = self.address.as_ref().filter(|_| is_unnamed);
        let name = address.unwrap_or(&server.server_name);
        format!("{name} ({})", server.version)
    }
}

/// The host and the port of the server, if there is only one, without what stands before them.
fn address_of_only(servers: &[String]) -> Option<String> {
    let [server] = servers else { return None };
    let address: ServerAddr = server.parse().ok()?;
    Some(format!("{}:{}", address.host(), address.port()))
}

/// Has one session after the other until nobody wants anything sent any more: the client gives up
/// when a server says what it does not understand.
async fn serve(config: &NatsConfig, mut queue: Receiver<Outgoing>, shared: &Arc<Shared>) {
    while let Ended::Broken(why) = session(config, &mut queue, shared).await {
        if !(shared.tell)(NatsNews::Down(why)) {
            return;
        }
        tokio::time::sleep(CONNECT_WAIT).await;
        if queue.is_closed() {
            return;
        }
    }
}

/// Hears and sends. All that belongs to the session ends with it.
async fn session(
    config: &NatsConfig,
    queue: &mut Receiver<Outgoing>,
    shared: &Arc<Shared>,
) -> Ended {
    let connected = Arc::new(Notify::new());
    let options = match options(config, shared, &connected) {
        Ok(options) => options,
        Err(error) => return Ended::Broken(error.to_string()),
    };
    let client = match options.connect(config.servers.clone()).await {
        Ok(client) => client,
        Err(error) => return Ended::Broken(error.to_string()),
    };
    let mut tasks = JoinSet::new();
    for room in 0..shared.subjects.len() {
        if let Err(error) = listen(&client, room, shared, &mut tasks).await {
            return Ended::Broken(error);
        }
    }
    tasks.spawn(kept::watch(client.clone(), shared.clone(), connected));
    // None of these ends while there is a client.
    let ended = pin!(tasks.join_next());
    let sending = pin!(send_all(&client, queue, shared));
    match select(ended, sending).await {
        Either::Left(_) => Ended::Broken("the connection has ended".to_owned()),
        Either::Right((Ok(()), _)) => {
            let _ = tokio::time::timeout(Duration::from_secs(1), client.flush()).await;
            Ended::Over
        }
        Either::Right((Err(why), _)) => Ended::Broken(why),
    }
}

/// Sends until nobody wants anything sent any more.
///
/// # Errors
/// The client's end.
async fn send_all(
    client: &Client,
    queue: &mut Receiver<Outgoing>,
    shared: &Shared,
) -> Result<(), String> {
    while let Some(frame) = queue.recv().await {
        match publish(client, shared, frame).await {
            Err(error) if error.kind() == PublishErrorKind::Send => return Err(error.to_string()),
            Err(error) => _ = (shared.tell)(NatsNews::Fault(error.to_string())),
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn publish(client: &Client, shared: &Shared, frame: Outgoing) -> Result<(), PublishError> {
    let Some(subjects) = shared.subjects.get(frame.room) else {
        return Ok(());
    };
    let is_durable = Kind::of(&frame.bytes) == Some(Kind::Durable);
    let payload = frame.bytes.to_vec().into();
    let own = subjects.own.clone();
    match frame.to {
        Some(to) => {
            let to = format!("{}{}", subjects.single, number_of(to));
            client.publish_with_reply(to, own, payload).await
        }
        // The server would answer a reply subject for each frame that it keeps.
        None if is_durable && shared.jetstream.stream.is_some() => {
            let mut headers = HeaderMap::new();
            let hash = blake3::hash(&frame.bytes).to_hex();
            headers.insert("Nats-Msg-Id", hash.get(..32).unwrap_or_default());
            headers.insert(FROM, own.as_str());
            let kept = subjects.kept.clone();
            client.publish_with_headers(kept, headers, payload).await
        }
        None => {
            let to = match is_durable {
                true => subjects.kept.clone(),
                false => subjects.live.clone(),
            };
            client.publish_with_reply(to, own, payload).await
        }
    }
}

/// Listens to the subjects of a room.
async fn listen(
    client: &Client,
    room: usize,
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
) -> Result<(), String> {
    let Some(subjects) = shared.subjects.get(room) else {
        return Ok(());
    };
    for (subject, is_single) in [
        (&subjects.kept, false),
        (&subjects.live, false),
        (&subjects.own, true),
    ] {
        let subscribed = client.subscribe(subject.clone()).await;
        let subscriber = subscribed.map_err(|error| error.to_string())?;
        tasks.spawn(hear(subscriber, room, is_single, shared.clone()));
    }
    Ok(())
}

async fn hear(subscriber: Subscriber, room: usize, is_single: bool, shared: Arc<Shared>) {
    let mut batches = subscriber.ready_chunks(BATCH_MAX);
    while let Some(batch) = batches.next().await {
        let arrived = batch.into_iter();
        let arrived = arrived.filter_map(|message| arrived_of(&message, room, is_single));
        if !tell_arrived(arrived.collect(), &shared).await {
            return pending().await; // what is still to leave leaves
        }
    }
}

/// Tells frames that came, once there is room for them; false if nobody listens.
async fn tell_arrived(arrived: Vec<Arrived>, shared: &Shared) -> bool {
    if arrived.is_empty() {
        return true;
    }
    let count = u32::try_from(arrived.len()).unwrap_or(u32::MAX);
    match shared.told.acquire_many(count).await {
        Ok(permits) => permits.forget(),
        Err(_) => return false,
    }
    (shared.tell)(NatsNews::Arrived(arrived))
}

fn arrived_of(message: &Message, room: usize, is_single: bool) -> Option<Arrived> {
    let header = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(FROM));
    let from = header.map(|value| value.as_str());
    let from = from.or(message.reply.as_deref())?;
    if message.payload.len() > FRAME_MAX_BYTES {
        return None;
    }
    Some(Arrived {
        room,
        from: address_of(from)?,
        is_single,
        bytes: message.payload.to_vec(),
    })
}
