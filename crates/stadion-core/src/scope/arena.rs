//! Places for things that come and go, and chains through them.
//!
//! An event of live state stands in two orders at once (its scope's, and by age), and leaves both from the middle when
//! it is superseded or its scope closes. With chains whose links lie in the elements, each of these is a few writes,
//! however long the chain is; a vector with holes would have to be cleaned up, a tree would cost a search.

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// An element's place in its arena, until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(NonZeroU32);

impl Id {
    fn slot(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Elements by [`Id`]. An id whose element was removed is used again, so whoever keeps one drops it with the element.
#[derive(Debug)]
pub(super) struct Arena<T> {
    slots: Vec<Option<T>>,
    free: Vec<Id>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Arena<T> {
    pub(super) fn insert(&mut self, element: T) -> Id {
        self.insert_with(|_| element)
    }

    /// Inserts an element that is told its own id.
    pub(super) fn insert_with(&mut self, element: impl FnOnce(Id) -> T) -> Id {
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            let id = u32::try_from(self.slots.len()).ok().and_then(NonZeroU32::new);
            Id(id.expect("the bounds of live state are far below four billion elements"))
        });
        *self.slot_mut(id) = Some(element(id));
        id
    }

    pub(super) fn remove(&mut self, id: Id) -> T {
        let element = self.slot_mut(id).take().expect("an id goes with its element");
        self.free.push(id);
        if self.len() == 0 {
            // What one large scope needed is not kept for good.
            *self = Self::default();
        }
        element
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    #[expect(clippy::indexing_slicing, reason = "an id is made by `insert` alone, and slots never get fewer")]
    fn slot_mut(&mut self, id: Id) -> &mut Option<T> {
        &mut self.slots[id.slot()]
    }
}

impl<T> Index<Id> for Arena<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "an id is made by `insert` alone, and slots never get fewer")]
    fn index(&self, id: Id) -> &T {
        self.slots[id.slot()].as_ref().expect("an id goes with its element")
    }
}

impl<T> IndexMut<Id> for Arena<T> {
    fn index_mut(&mut self, id: Id) -> &mut T {
        self.slot_mut(id).as_mut().expect("an id goes with its element")
    }
}

/// An element's neighbours in one chain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    previous: Option<Id>,
    next: Option<Id>,
}

/// What can stand in a chain. `ORDER` tells an element's chains apart.
pub(super) trait Chained<const ORDER: usize> {
    fn links(&self) -> &Links;
    fn links_mut(&mut self) -> &mut Links;
}

/// The ends of a chain through an arena's elements.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain<const ORDER: usize> {
    first: Option<Id>,
    last: Option<Id>,
}

impl<const ORDER: usize> Chain<ORDER> {
    pub(super) fn first(self) -> Option<Id> {
        self.first
    }

    pub(super) fn next<T: Chained<ORDER>>(arena: &Arena<T>, id: Id) -> Option<Id> {
        arena[id].links().next
    }

    pub(super) fn push_back<T: Chained<ORDER>>(&mut self, arena: &mut Arena<T>, id: Id) {
        *arena[id].links_mut() = Links { previous: self.last, next: None };
        match self.last {
            Some(last) => arena[last].links_mut().next = Some(id),
            None => self.first = Some(id),
        }
        self.last = Some(id);
    }

    pub(super) fn unlink<T: Chained<ORDER>>(&mut self, arena: &mut Arena<T>, id: Id) {
        let Links { previous, next } = std::mem::take(arena[id].links_mut());
        match previous {
            Some(previous) => arena[previous].links_mut().next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => arena[next].links_mut().previous = previous,
            None => self.last = previous,
        }
    }

    pub(super) fn iter<T: Chained<ORDER>>(self, arena: &Arena<T>) -> impl Iterator<Item = &T> {
        std::iter::successors(self.first, |&id| Self::next(arena, id)).map(|id| &arena[id])
    }
}
