//! What may happen to a stream, as chance deals it.

use std::time::Duration;

use proptest::prelude::*;
use stadion_core::{Fate, StreamRules};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The clock goes on by as many microseconds, or stands still.
    Wait(u64),
    /// The clock goes on to the stream's own time-out, which is handled then.
    WaitUntilDue,
    /// A time-out is handled, due or not.
    Timeout,
    Sync(Sync),
    /// A client's last request once more, byte for byte: its answer was lost.
    Retry(usize),
    Announce,
    HeardFrom(usize),
    SocketOpened(usize),
    SocketClosed(usize),
    ReaderJoined,
    ReaderLeft,
    Log(Fate),
}

#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(crate) client: usize,
    pub(crate) last_known: LastKnown,
    pub(crate) events: usize,
    pub(crate) reserved: bool,
    pub(crate) seq: Seq,
    pub(crate) epoch: Claim,
    pub(crate) state: Option<u8>,
    /// Ticks from the announced one.
    pub(crate) hash: Option<i64>,
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LastKnown {
    /// What the client was told last.
    Right,
    Zero,
    Any(i64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Seq {
    Absent,
    Right,
    /// So many of the events were sent before.
    Behind(u64),
    Gap(u64),
    Any(u64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim {
    Absent,
    Empty,
    Right,
    Wrong,
}

pub(crate) const CLIENTS: usize = 6;

pub(crate) fn rules() -> impl Strategy<Value = StreamRules> {
    let tick = prop_oneof![Just(50_000_000), Just(16_666_667), Just(1_000_000), Just(7_000_000_001_u64)];
    let few = (2_usize..6, 3_usize..6, 1_usize..4, 0_usize..4);
    let bytes =
        (prop_oneof![Just(1_000_000_u64), 900_u64..3_000], prop_oneof![Just(1_000_000_u64), 0_u64..900]);
    let times = prop_oneof![Just((10, 60)), Just((10, 10)), Just((3, 5)), Just((5, 3))];
    (tick, few, bytes, times).prop_map(|(tick, few, bytes, times)| StreamRules {
        tick: Duration::from_nanos(tick),
        disconnect_after: Duration::from_secs(times.0),
        idle_after: Duration::from_secs(times.1),
        clients_max: few.0,
        stream_bytes_max: bytes.0,
        answer_bytes_max: bytes.1,
        events_per_request_max: few.1,
        remembered_max: few.2,
        waiting_max: few.3,
    })
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..150)
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        3 => Just(0),
        4 => 1_u64..200_000,
        2 => 200_000_u64..12_000_000,
        1 => 12_000_000_u64..70_000_000,
    ];
    let fate = prop_oneof![6 => Just(Fate::Written), 2 => Just(Fate::Refused), 2 => Just(Fate::Unknown)];
    prop_oneof![
        12 => wait.prop_map(Step::Wait),
        5 => Just(Step::WaitUntilDue),
        2 => Just(Step::Timeout),
        30 => sync().prop_map(Step::Sync),
        5 => (0..CLIENTS).prop_map(Step::Retry),
        4 => Just(Step::Announce),
        2 => (0..CLIENTS).prop_map(Step::HeardFrom),
        2 => (0..CLIENTS).prop_map(Step::SocketOpened),
        2 => (0..CLIENTS).prop_map(Step::SocketClosed),
        1 => Just(Step::ReaderJoined),
        1 => Just(Step::ReaderLeft),
        20 => fate.prop_map(Step::Log),
    ]
}

fn sync() -> impl Strategy<Value = Sync> {
    let last_known = prop_oneof![
        5 => Just(LastKnown::Right),
        2 => Just(LastKnown::Zero),
        1 => (-3_i64..400).prop_map(LastKnown::Any),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(LastKnown::Any),
    ];
    let seq = prop_oneof![
        3 => Just(Seq::Absent),
        5 => Just(Seq::Right),
        3 => (1_u64..5).prop_map(Seq::Behind),
        1 => (1_u64..4).prop_map(Seq::Gap),
        1 => prop_oneof![0_u64..4, Just(u64::MAX)].prop_map(Seq::Any),
    ];
    let epoch = prop_oneof![
        8 => Just(Claim::Absent), 2 => Just(Claim::Empty), 2 => Just(Claim::Right), 1 => Just(Claim::Wrong)
    ];
    let sometimes = prop::option::weighted(0.3, any::<u8>());
    (
        (
            0..CLIENTS,
            last_known,
            prop_oneof![4 => Just(0_usize), 6 => 1_usize..5],
            prop::bool::weighted(0.05),
        ),
        (seq, epoch, sometimes, prop::option::weighted(0.3, -5_i64..70), any::<bool>()),
    )
        .prop_map(|((client, last_known, events, reserved), (seq, epoch, state, hash, quiet))| Sync {
            client,
            last_known,
            events,
            reserved,
            seq,
            epoch,
            state,
            hash,
            quiet,
        })
}
