//! `stadion replay`: a recording for whoever connects, each from its beginning.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;

use super::error::ClientError;
use super::progress::Progress;
use super::script::{Cue, Options, Script, Skipped};
use crate::cli::print_result;

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const WRITE_WITHIN: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(54);
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Between two rounds, so that a short recording does not spin.
pub const BETWEEN_ROUNDS: Duration = Duration::from_secs(1);

/// What to serve.
#[derive(Clone, Debug)]
pub struct Replay {
    pub options: Options,
    /// Where to listen; port 0 picks a free one.
    pub address: std::net::SocketAddr,
    pub is_loop: bool,
}

/// What all subscribers share.
#[derive(Debug)]
struct Stage {
    replay: Replay,
    progress: Mutex<Progress>,
    sent: AtomicU64,
    subscribers: AtomicU64,
    /// Damaged lines up to here have been told already.
    told: AtomicU64,
    failed: mpsc::Sender<ClientError>,
}

impl Replay {
    /// Serves until it is interrupted.
    ///
    /// # Errors
    /// The address is taken, the file can't be read, a line is damaged and that is to end it.
    pub async fn run(self) -> Result<(), ClientError> {
        // Whoever connects opens it anew; that it can be read at all is said at once.
        open(Options { from: Duration::ZERO, ..self.options.clone() }).await?;
        let wanted = self.address;
        let cannot = |error| ClientError::Listen { address: wanted, error };
        let listener = TcpListener::bind(wanted).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        print_result(&format!("stadion replays {} at ws://{address}\n", self.options.file.display()))
            .map_err(|error| ClientError::Broken(error.to_string()))?;
        let (failed, mut failures) = mpsc::channel(1);
        let stage = Arc::new(Stage {
            replay: self,
            progress: Mutex::default(),
            sent: AtomicU64::new(0),
            subscribers: AtomicU64::new(0),
            told: AtomicU64::new(0),
            failed,
        });
        loop {
            let tcp = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(error) = failures.recv() => return Err(error),
            };
            match tcp {
                Ok((tcp, _)) => drop(tokio::spawn(Arc::clone(&stage).serve(tcp))),
                // Too many open files, say: it passes.
                Err(error) => {
                    stage.progress.lock().notice(&format!("cannot take a connection: {error}"));
                    sleep(BETWEEN_ROUNDS).await;
                }
            }
        }
    }
}

/// Opens a recording beside everything else: to wind it to `from` may take long.
pub async fn open(options: Options) -> Result<Script, ClientError> {
    let opened = tokio::task::spawn_blocking(|| Script::open(options)).await;
    opened.map_err(|error| ClientError::Broken(error.to_string()))?
}

impl Stage {
    async fn serve(self: Arc<Self>, tcp: TcpStream) {
        // Lines are small and due at their moment. A socket that takes no option still carries them.
        drop(tcp.set_nodelay(true));
        let accepted = timeout(HANDSHAKE_WITHIN, tokio_tungstenite::accept_async(tcp)).await;
        let Ok(Ok(socket)) = accepted else { return };
        self.subscribers.fetch_add(1, Ordering::Relaxed);
        let (sink, source) = socket.split();
        let mut subscriber =
            Subscriber { sink, gone: tokio::spawn(read_on(source)), ping_at: Instant::now() + PING_EVERY };
        if let Err(error) = self.play(&mut subscriber).await {
            // One failure ends all; a second one has nothing to add.
            drop(self.failed.try_send(error));
        }
        subscriber.gone.abort();
        self.subscribers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Ends when the subscriber is gone.
    async fn play(&self, subscriber: &mut Subscriber) -> Result<(), ClientError> {
        loop {
            let mut script = open(self.replay.options.clone()).await?;
            let began = Instant::now();
            let mut played = 0;
            while let Some(cue) = script.next_cue()? {
                self.tell(&script.take_skipped());
                if !subscriber.send(began + cue.at, &cue.line).await {
                    return Ok(());
                }
                played += 1;
                self.draw(&cue, script.length());
            }
            self.tell(&script.take_skipped());
            let until = Instant::now() + BETWEEN_ROUNDS;
            // Without --loop it stays open for as long as the subscriber wants.
            let until = (self.replay.is_loop && played > 0).then_some(until);
            if !subscriber.stay(until).await {
                return Ok(());
            }
        }
    }

    /// Each damaged line is told once, however many subscribers meet it.
    fn tell(&self, skipped: &[Skipped]) {
        for line in skipped {
            if self.told.fetch_max(line.number, Ordering::Relaxed) < line.number {
                tell_skipped(&mut self.progress.lock(), line);
            }
        }
    }

    fn draw(&self, cue: &Cue, length: u64) {
        let sent = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let subscribers = self.subscribers.load(Ordering::Relaxed);
        let draw = |events: &str| format!("{} {events}, {subscribers} connected", clock(cue, length));
        self.progress.lock().draw(sent, draw);
    }
}

pub fn tell_skipped(progress: &mut Progress, line: &Skipped) {
    progress.notice(&format!("line {} is passed over: {}", line.number, line.why));
}

/// A bar and the recorded time: `[######              ] 2020-01-12 14:45:54`.
pub fn clock(cue: &Cue, length: u64) -> String {
    const WIDTH: u64 = 20;
    let filled = (cue.behind.min(length) * WIDTH).checked_div(length).unwrap_or(WIDTH);
    let bar: String = (0..WIDTH).map(|at| if at < filled { '#' } else { ' ' }).collect();
    let time = cue.time;
    format!("[{bar}] {} {:02}:{:02}:{:02}", time.date(), time.hour(), time.minute(), time.second())
}

struct Subscriber {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    /// Ends when the subscriber closes, is silent for long, or breaks the protocol.
    gone: JoinHandle<()>,
    ping_at: Instant,
}

impl Subscriber {
    /// Sends a line when it is due. `false`: the subscriber is gone.
    async fn send(&mut self, due: Instant, line: &str) -> bool {
        self.stay(Some(due)).await && self.write(Message::text(line)).await
    }

    /// Waits and pings. `false`: the subscriber is gone.
    async fn stay(&mut self, until: Option<Instant>) -> bool {
        loop {
            if self.gone.is_finished() {
                return false;
            }
            tokio::select! {
                biased;
                () = sleep_until(self.ping_at) => {
                    self.ping_at = Instant::now() + PING_EVERY;
                    if !self.write(Message::Ping(bytes::Bytes::new())).await {
                        return false;
                    }
                }
                () = sleep_until(until.unwrap_or(self.ping_at)), if until.is_some() => return true,
                _ = &mut self.gone => return false,
            }
        }
    }

    async fn write(&mut self, message: Message) -> bool {
        matches!(timeout(WRITE_WITHIN, self.sink.send(message)).await, Ok(Ok(())))
    }
}

/// Hears pongs, and the end.
async fn read_on(mut source: SplitStream<WebSocketStream<TcpStream>>) {
    while let Ok(Some(Ok(_))) = timeout(SILENCE_MAX, source.next()).await {}
}
