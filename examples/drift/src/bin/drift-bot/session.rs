//! One bot in one match: the stream, the simulation, and what came of it.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use drift::{Drift, Puck};
use stadion_client::event_stream::{EventStream, Update};
use stadion_client::{Answer, SimDriver, SimDriverOptions};

use crate::hash_log::HashLog;
use crate::pilot::Pilot;

/// From joining to the summary.
pub(crate) struct Session {
    stream: EventStream,
    driver: SimDriver<Drift>,
    pilot: Pilot,
    name: String,
    hash_log: Option<HashLog>,
    ticks: u64,
    events_sent: u64,
}

impl Session {
    pub(crate) async fn join(
        server: &str,
        game: &str,
        name: &str,
        hash_log: Option<&Path>,
    ) -> Result<Session, Box<dyn Error>> {
        let hash_log = match hash_log {
            Some(path) => {
                Some(HashLog::create(path).map_err(|error| format!("{}: {error}", path.display()))?)
            }
            None => None,
        };
        Ok(Session {
            stream: EventStream::connect(server, game, Default::default()).await?,
            driver: SimDriver::new(Drift::default(), SimDriverOptions::default()),
            pilot: Pilot::default(),
            name: name.to_owned(),
            hash_log,
            ticks: 0,
            events_sent: 0,
        })
    }

    /// Plays until the stream ends for good.
    pub(crate) async fn play(&mut self) -> Result<(), Box<dyn Error>> {
        while let Some(update) = self.stream.next().await {
            match update {
                Update::Reset { .. } => self.begin()?,
                Update::Answer(answer) => self.answer(answer)?,
                Update::Status { status, cause } => say(&format!("{status:?} ({cause:?})").to_lowercase()),
                Update::Problem { code, message } => say(&format!("{code}: {message}")),
                Update::Closed { message, .. } => return Err(message.into()),
            }
        }
        Ok(())
    }

    /// What came of it.
    ///
    /// # Errors
    /// If it never got in, or computed another state than the others.
    pub(crate) fn summary(&self) -> Result<String, Box<dyn Error>> {
        if self.ticks == 0 {
            return Err("it was not possible to join".into());
        }
        if let Some(desync) = self.driver.desync() {
            return Err(format!("desync at tick {}: {}", desync.t, desync.origins.join(", ")).into());
        }
        let world = &self.driver.game().world;
        let standing = match world.puck(self.stream.public_id()) {
            Some(Puck { score, wins, .. }) => format!(
                "round {}: {score} sparks, place {} of {}; rounds won: {wins}",
                world.round,
                world.place(*score),
                world.pucks.len()
            ),
            None => "without a place on the ice".to_owned(),
        };
        Ok(format!(
            "{} played {} ticks up to tick {} as player {}, {} events sent; {standing}",
            self.name,
            self.ticks,
            self.driver.t(),
            self.stream.public_id(),
            self.events_sent,
        ))
    }

    fn begin(&mut self) -> Result<(), Box<dyn Error>> {
        self.driver.on_reset();
        self.pilot = Pilot::default();
        if let Some(log) = &mut self.hash_log {
            log.begin_anew()?;
        }
        Ok(())
    }

    fn answer(&mut self, answer: Answer) -> Result<(), Box<dyn Error>> {
        self.driver.on_answer(answer)?;
        while self.driver.step()? {
            self.ticks += 1;
            if let (Some(log), Some(hash)) = (&mut self.hash_log, self.driver.last_hash()) {
                log.write(hash)?;
            }
        }
        if let Some(log) = &mut self.hash_log {
            log.flush()?;
        }
        if let Some(hash) = self.driver.take_hash() {
            self.stream.report_hash(hash.t, hash.hash);
        }
        for (kind, body) in self.pilot.decide(&self.driver, self.stream.public_id(), &self.name) {
            self.stream.send(kind, body)?;
            self.events_sent += 1;
        }
        Ok(())
    }
}

/// On standard error, where nobody minds if it is closed.
fn say(text: &str) {
    writeln!(std::io::stderr(), "drift-bot: {text}").ok();
}
