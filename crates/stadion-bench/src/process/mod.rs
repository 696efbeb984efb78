//! Processes under test: started on a core of their own, looked at through `/proc`.

pub(crate) mod child;
pub(crate) mod cores;
pub(crate) mod cpu;
pub(crate) mod memory;
