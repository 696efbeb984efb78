//! Which of many sockets have something to read.

use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::error::{BenchError, Doing};

/// Told of at once; the others come with the next look.
const EVENTS_MAX: usize = 256;

#[derive(Debug)]
pub(crate) struct Readiness {
    epoll: OwnedFd,
    found: Vec<usize>,
}

impl Readiness {
    pub(crate) fn new() -> Result<Self, BenchError> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).doing("create an epoll")?;
        Ok(Self { epoll, found: Vec::with_capacity(EVENTS_MAX) })
    }

    pub(crate) fn add(&self, tcp: &TcpStream, index: usize) -> Result<(), BenchError> {
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, tcp, data, epoll::EventFlags::IN).doing("watch a socket")
    }

    /// The indices of the sockets that can be read, at least one unless `timeout` is over first.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<&[usize], BenchError> {
        self.found.clear();
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); EVENTS_MAX];
        let timeout = Timespec::try_from(timeout).unwrap_or_default();
        match epoll::wait(&self.epoll, &mut events[..], Some(&timeout)) {
            Ok((events, _)) => {
                let indices = events.iter().map(|event| event.data.u64());
                self.found.extend(indices.filter_map(|index| usize::try_from(index).ok()));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error).doing("wait for a socket"),
        }
        Ok(&self.found)
    }
}
