use super::*;

const HOUR: u64 = 3_600_000;
const DAY: RecentBounds = RecentBounds { window_ms: 24 * HOUR, keys_max: 3 };

/// Applies `(received, key)` in order, then what a reader at `now` gets.
fn list(events: &[(u64, &str)]) -> RecentList {
    let mut list = RecentList::new(DAY);
    for (offset, (received_ms, key)) in (0..).zip(events) {
        list.apply(offset, *received_ms, Some(key));
    }
    list
}

fn check(events: &[(u64, &str)], now: u64, expected: &[u64]) {
    let list = list(events);
    assert_eq!(list.offsets(now).collect::<Vec<_>>(), expected, "{events:?}");
    let restored = RecentList::restore(&list.snapshot(), DAY).unwrap();
    assert_eq!(restored.offsets(now).collect::<Vec<_>>(), expected, "{events:?} restored");
    assert_eq!(restored.next(), events.len() as u64);
    assert_eq!(restored.is_truncated(now), list.is_truncated(now));
}

#[test]
fn the_last_of_each_key_comes_oldest_first() {
    check(&[], 5, &[]);
    check(&[(1, "a"), (2, "b"), (3, "a"), (4, "c")], 5, &[1, 2, 3]);
    check(&[(1, "a"), (1, "a"), (1, "a")], 1, &[2]);
}

#[test]
fn what_is_older_than_the_window_is_not_shown() {
    check(&[(0, "a"), (HOUR, "b")], 24 * HOUR, &[0, 1]);
    check(&[(0, "a"), (HOUR, "b")], 24 * HOUR + 1, &[1]);
    check(&[(0, "a"), (HOUR, "b"), (2 * HOUR, "a")], 25 * HOUR + 1, &[2]);
    check(&[(0, "a")], 100 * HOUR, &[]);
}

#[test]
fn a_clock_that_was_set_back_hides_nothing_that_is_recent() {
    check(&[(30 * HOUR, "a"), (2 * HOUR, "b"), (31 * HOUR, "c")], 31 * HOUR, &[0, 2]);
    check(&[(30 * HOUR, "a"), (8 * HOUR, "b")], 31 * HOUR, &[0, 1]);
}

#[test]
fn events_without_a_key_are_passed_over() {
    let mut list = RecentList::new(DAY);
    list.apply(0, 1, None);
    list.apply(1, 1, Some(&"x".repeat(KEY_BYTES_MAX + 1)));
    list.apply(2, 1, Some("a"));
    assert_eq!(list.offsets(1).collect::<Vec<_>>(), [2]);
    assert_eq!(list.next(), 3);
}

#[test]
fn an_event_counts_once() {
    let mut list = list(&[(1, "a"), (2, "b")]);
    list.apply(0, 1, Some("a"));
    assert_eq!(list.offsets(2).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn old_ones_are_forgotten_and_too_many_are_said() {
    let full = list(&[(1, "a"), (2, "b"), (3, "c")]);
    assert!(!full.is_truncated(3));
    let over = list(&[(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
    assert_eq!(over.offsets(4).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(over.is_truncated(4));
    assert!(over.is_truncated(24 * HOUR + 1), "the missing one is 24 hours old");
    assert!(!over.is_truncated(24 * HOUR + 2));
    let mut old = over;
    old.apply(4, 48 * HOUR, Some("e"));
    assert_eq!((old.entries.len(), old.by_key.len()), (1, 1));
    old.expire(73 * HOUR);
    assert_eq!((old.entries.len(), old.by_key.len()), (0, 0));
}

#[test]
fn damaged_snapshots_are_errors() {
    let good = list(&[(1, "a"), (2, "b"), (3, "c"), (4, "d")]).snapshot();
    for cut in 0..good.len() {
        assert!(RecentList::restore(&good[..cut], DAY).is_err(), "cut at {cut}");
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            if let Ok(list) = RecentList::restore(&bad, DAY) {
                assert!(list.offsets(5).count() <= DAY.keys_max);
            }
        }
    }
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        RecentList::restore(&bytes, DAY).map(|_| ())
    };
    assert_eq!(with(|bytes| bytes[0] = 2), Err(RestoreError::OtherVersion(2)));
    assert_eq!(with(|bytes| bytes.push(0)), Err(RestoreError::Damaged("something stands behind its end")));
    assert_eq!(with(|bytes| bytes[1] = 3), Err(RestoreError::Damaged("events are out of order")));
    assert_eq!(with(|bytes| bytes[3] = 4), Err(RestoreError::Damaged("events are out of order")));
    assert_eq!(with(|bytes| bytes[6] = b'c'), Err(RestoreError::Damaged("a key is there twice")));
}
