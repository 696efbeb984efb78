//! A recording as what is to be played, and when. It is read line by line, however long it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::error::ClientError;
use super::recording::{Damaged, Recorded};
use crate::events::live::{Live, Scopes, competition_of};

/// Above the largest event of 16 MiB with its time.
const LINE_BYTES_MAX: usize = 17 << 20;

/// What to play, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub file: PathBuf,
    /// Above 0.
    pub speed: f64,
    /// From so long after the first event.
    pub from: Duration,
    /// A damaged line ends it.
    pub is_strict: bool,
}

/// A line and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// After the beginning.
    pub at: Duration,
    /// From 1.
    pub number: u64,
    /// As it stands, without its line break.
    pub line: String,
    /// When it was recorded.
    pub time: OffsetDateTime,
    /// The bytes up to its end.
    pub behind: u64,
}

/// A line that is passed over.
#[derive(Debug)]
pub struct Skipped {
    pub number: u64,
    pub why: Damaged,
}

#[derive(Debug)]
pub struct Script {
    options: Options,
    lines: Lines,
    /// The first event's time and the latest so far: a clock that was set back makes nobody wait.
    first: Option<OffsetDateTime>,
    latest: Option<OffsetDateTime>,
    /// Where the lines stand that restore the state at `from`, the next one last.
    state: Vec<Place>,
    /// The first line that is not before `from`.
    held: Option<Cue>,
    skipped: Vec<Skipped>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    begin: u64,
    number: u64,
}

impl Script {
    /// Reads up to `from`, which takes as long as it takes.
    ///
    /// # Errors
    /// The file can't be read; a line is damaged and that is to end it.
    pub fn open(options: Options) -> Result<Self, ClientError> {
        let lines = Lines::open(&options).map_err(|error| unreadable(&options, error))?;
        let mut this = Self {
            lines,
            first: None,
            latest: None,
            state: Vec::new(),
            held: None,
            skipped: Vec::new(),
            options,
        };
        if !this.options.from.is_zero() {
            this.wind()?;
        }
        Ok(this)
    }

    /// The bytes of the whole file when it was opened.
    pub fn length(&self) -> u64 {
        self.lines.length
    }

    /// What was passed over since the last call.
    pub fn take_skipped(&mut self) -> Vec<Skipped> {
        std::mem::take(&mut self.skipped)
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// As [`Script::open`].
    pub fn next_cue(&mut self) -> Result<Option<Cue>, ClientError> {
        if let Some(place) = self.state.pop() {
            let line = self.lines.read_at(place).map_err(|error| unreadable(&self.options, error))?;
            let time = self.held.as_ref().map(|cue| cue.time).or(self.latest);
            return Ok(Some(Cue {
                at: Duration::ZERO,
                number: place.number,
                line,
                time: time.unwrap_or(OffsetDateTime::UNIX_EPOCH),
                behind: self.lines.begin,
            }));
        }
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        Ok(self.read()?.map(|(_, cue)| cue))
    }

    /// Passes over what is before `from`, and remembers what of it restores the state there.
    fn wind(&mut self) -> Result<(), ClientError> {
        let rules = Arc::new(Scopes::competition());
        let mut live: BTreeMap<String, Live> = BTreeMap::new();
        let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
        while let Some((place, cue)) = self.read()? {
            let is_reached = self.first.is_some_and(|first| cue.time - first >= self.options.from);
            if is_reached {
                self.held = Some(cue);
                break;
            }
            let Ok(Recorded { event: Some(event), .. }) = Recorded::parse(cue.line.as_bytes()) else {
                continue;
            };
            let value = serde_json::from_str(&event).unwrap_or_default();
            let Some(id) = competition_of(&value) else { continue };
            let state = live.entry(id.to_lowercase()).or_insert_with(|| Live::scopes(&rules));
            // Where the line begins is a number that grows, which is all that an offset has to be.
            state.apply(place.begin, 0, event.as_bytes());
            numbers.insert(place.begin, place.number);
            if numbers.len() > 2 * NUMBERS_KEPT {
                forget_others(&mut numbers, &live);
            }
        }
        for state in live.values() {
            let places = state
                .offsets(0)
                .0
                .iter()
                .map(|begin| Place { begin: *begin, number: numbers.get(begin).copied().unwrap_or_default() })
                .collect::<Vec<_>>();
            self.state.extend(places);
        }
        self.state.reverse();
        Ok(())
    }

    /// The next line that is whole.
    fn read(&mut self) -> Result<Option<(Place, Cue)>, ClientError> {
        loop {
            let place = Place { begin: self.lines.begin, number: self.lines.number + 1 };
            let line = match self.lines.next().map_err(|error| unreadable(&self.options, error))? {
                None => return Ok(None),
                Some(Ok(line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Some(line) => line,
            };
            let read = line.and_then(|line| {
                let time = Recorded::parse(&line)?.time;
                let line = String::from_utf8(line).map_err(|_error| Damaged::NotUtf8)?;
                Ok((time, line.trim_end_matches(['\n', '\r']).to_owned()))
            });
            match read {
                Ok((time, line)) => {
                    let cue = self.cue(time, line, place.number);
                    return Ok(Some((place, cue)));
                }
                Err(why) if self.options.is_strict => {
                    return Err(ClientError::BadLine { line: place.number, why: why.to_string() });
                }
                Err(why) => self.skipped.push(Skipped { number: place.number, why }),
            }
        }
    }

    fn cue(&mut self, time: OffsetDateTime, line: String, number: u64) -> Cue {
        let first = *self.first.get_or_insert(time);
        let latest = self.latest.map_or(time, |latest| latest.max(time));
        self.latest = Some(latest);
        let since = Duration::try_from(latest - first).unwrap_or_default().saturating_sub(self.options.from);
        // A speed near 0 makes waits that no number holds; nobody will see their end.
        let at = Duration::try_from_secs_f64(since.as_secs_f64() / self.options.speed).unwrap_or(WAIT_MAX);
        Cue { at: at.min(WAIT_MAX), number, line, time, behind: self.lines.begin }
    }
}

/// A hundred years.
const WAIT_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Lines whose numbers are remembered while the file is wound; those of live state always are.
const NUMBERS_KEPT: usize = 100_000;

fn forget_others(numbers: &mut BTreeMap<u64, u64>, live: &BTreeMap<String, Live>) {
    let needed: Vec<u64> = live.values().flat_map(|state| state.offsets(0).0.to_vec()).collect();
    *numbers = needed.iter().filter_map(|begin| Some((*begin, *numbers.get(begin)?))).collect();
}

fn unreadable(options: &Options, error: io::Error) -> ClientError {
    ClientError::File { what: "cannot read", path: options.file.clone(), error }
}

/// A file's lines, of which one at a time is in memory.
#[derive(Debug)]
struct Lines {
    file: BufReader<File>,
    /// For lines out of their turn.
    path: PathBuf,
    length: u64,
    /// Where the next line begins.
    begin: u64,
    /// Lines read.
    number: u64,
}

impl Lines {
    fn open(options: &Options) -> io::Result<Self> {
        let file = File::open(&options.file)?;
        let length = file.metadata()?.len();
        let file = BufReader::with_capacity(64 << 10, file);
        Ok(Self { file, path: options.file.clone(), length, begin: 0, number: 0 })
    }

    fn next(&mut self) -> io::Result<Option<Result<Vec<u8>, Damaged>>> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let mut read = self.file.by_ref().take(limit).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(None);
        }
        let is_too_long = line.len() > LINE_BYTES_MAX;
        while is_too_long && line.last() != Some(&b'\n') {
            line.clear();
            let more = self.file.by_ref().take(limit).read_until(b'\n', &mut line)? as u64;
            if more == 0 {
                break;
            }
            read += more;
        }
        self.begin += read;
        self.number += 1;
        Ok(Some(if is_too_long { Err(Damaged::TooLong(LINE_BYTES_MAX)) } else { Ok(line) }))
    }

    fn read_at(&self, place: Place) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(place.begin))?;
        let mut line = String::new();
        BufReader::new(file.take(LINE_BYTES_MAX as u64)).read_line(&mut line)?;
        line.truncate(line.trim_end_matches(['\n', '\r']).len());
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(text: &str, change: impl FnOnce(&mut Options), expected: &[(u64, u128)], skipped: &[u64]) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut options =
            Options { file: file.path().to_owned(), speed: 1.0, from: Duration::ZERO, is_strict: false };
        change(&mut options);
        let mut script = Script::open(options).unwrap();
        let mut cues = Vec::new();
        while let Some(cue) = script.next_cue().unwrap() {
            assert_eq!(Some(&*cue.line), text.split('\n').nth(usize::try_from(cue.number - 1).unwrap()));
            cues.push((cue.number, cue.at.as_millis()));
        }
        assert_eq!(cues, expected);
        assert_eq!(script.take_skipped().iter().map(|line| line.number).collect::<Vec<_>>(), skipped);
    }

    fn at(second: &str, rest: &str) -> String {
        format!("{{\"_time\":\"2020-01-12T14:45:{second}+01:00\"{rest}}}\n")
    }

    #[test]
    fn lines_are_due_by_their_time_and_the_speed() {
        let text = [at("10.25", ""), at("12", ""), at("11", ""), at("13.25", "")].concat();
        check(&text, |_| {}, &[(1, 0), (2, 1750), (3, 1750), (4, 3000)], &[]);
        check(&text, |options| options.speed = 0.5, &[(1, 0), (2, 3500), (3, 3500), (4, 6000)], &[]);
        check(&text, |options| options.speed = 2.5, &[(1, 0), (2, 700), (3, 700), (4, 1200)], &[]);
    }

    #[test]
    fn damaged_lines_are_passed_over_and_named() {
        let text = format!("{}oops\n\n{}{{\"_time\":\"2020", at("10", ""), at("11", ""));
        check(&text, |_| {}, &[(1, 0), (4, 1000)], &[2, 5]);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let options =
            Options { file: file.path().to_owned(), speed: 1.0, from: Duration::ZERO, is_strict: true };
        let mut script = Script::open(options).unwrap();
        assert_eq!(script.next_cue().unwrap().unwrap().number, 1);
        let error = script.next_cue().unwrap_err().to_string();
        assert!(error.starts_with("line 2: it is no JSON"), "{error}");
    }

    #[test]
    fn from_later_on_the_state_of_then_comes_first_and_at_once() {
        let event = |second: &str, kind: &str, rest: &str| {
            at(second, &format!(",\"typeName\":\"{kind}\",\"competitionId\":\"A\"{rest}"))
        };
        let first = ",\"distanceId\":\"d1\"";
        let second = ",\"distanceId\":\"d2\"";
        let text = [
            event("10", "CompetitionActivatedEvent", ""),
            event("11", "DistanceActivatedEvent", first),
            event("12", "SomethingEvent", first),
            event("13", "DistanceActivatedEvent", second),
            event("14", "SomethingEvent", second),
            event("16", "SomethingEvent", second),
            event("17", "SomethingEvent", second),
        ]
        .concat();
        check(
            &text,
            |options| options.from = Duration::from_secs(5),
            &[(1, 0), (4, 0), (5, 0), (6, 1000), (7, 2000)],
            &[],
        );
        check(
            &text,
            |options| options.from = Duration::from_secs(60),
            &[(1, 0), (4, 0), (5, 0), (6, 0), (7, 0)],
            &[],
        );
    }
}
