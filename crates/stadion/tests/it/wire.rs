//! Stands between a client and the server, so that connections are lost without either's doing.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Wire {
    addr: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    leads_to: Mutex<SocketAddr>,
    /// What the server says is swallowed: what it was told it has heard all the same.
    deaf: AtomicBool,
    /// Upgrades are answered in the server's place, as by a proxy that knows no WebSockets.
    no_upgrades: AtomicBool,
    ends: Mutex<Vec<TcpStream>>,
}

impl Wire {
    pub(crate) fn to(server: SocketAddr) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let inside = Arc::new(Inside {
            leads_to: Mutex::new(server),
            deaf: AtomicBool::new(false),
            no_upgrades: AtomicBool::new(false),
            ends: Mutex::new(Vec::new()),
        });
        let within = Arc::clone(&inside);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                within.join(&near);
            }
        });
        Wire { addr, inside }
    }

    /// As a client wants it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn lead_to(&self, server: SocketAddr) {
        *self.inside.leads_to.lock().unwrap() = server;
    }

    pub(crate) fn cut(&self) {
        for end in self.inside.ends.lock().unwrap().drain(..) {
            // One that is gone already needs no end.
            drop(end.shutdown(Shutdown::Both));
        }
    }

    pub(crate) fn set_deaf(&self, deaf: bool) {
        self.inside.deaf.store(deaf, Ordering::SeqCst);
    }

    pub(crate) fn set_no_upgrades(&self, no_upgrades: bool) {
        self.inside.no_upgrades.store(no_upgrades, Ordering::SeqCst);
    }
}

impl Inside {
    fn join(self: &Arc<Self>, near: &TcpStream) {
        let Ok(far) = TcpStream::connect(*self.leads_to.lock().unwrap()) else { return };
        far.set_nodelay(true).unwrap();
        near.set_nodelay(true).unwrap();
        let up = (near.try_clone().unwrap(), far.try_clone().unwrap());
        let down = (far.try_clone().unwrap(), near.try_clone().unwrap());
        self.ends.lock().unwrap().extend([near.try_clone().unwrap(), far]);
        let inside = Arc::clone(self);
        thread::spawn(move || inside.pass_up(up.0, up.1));
        let inside = Arc::clone(self);
        thread::spawn(move || pass(down.0, down.1, |_| !inside.deaf.load(Ordering::SeqCst)));
    }

    fn pass_up(&self, near: TcpStream, far: TcpStream) {
        let mut back = near.try_clone().unwrap();
        pass(near, far, |bytes| {
            let upgrade = bytes.starts_with(b"GET ");
            if upgrade && self.no_upgrades.load(Ordering::SeqCst) {
                // If the client is gone already, there is nobody to tell.
                drop(back.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
                return false;
            }
            true
        });
    }
}

/// Hands on what comes and is let through, until either end is gone; then both are.
fn pass(mut from: TcpStream, mut to: TcpStream, mut let_through: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if let_through(&buffer[..read]) && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        // One that is gone already needs no end.
        drop(end.shutdown(Shutdown::Both));
    }
}
