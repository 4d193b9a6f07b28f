//! A portal behind real HTTP, for tests of other modules.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};

use jiff::Timestamp;

use crate::simulator::{Limits, Portal, PortalOptions};

/// Starts a portal without limits on its own thread; its clock stands still.
pub(crate) fn start_portal(now: Timestamp) -> (Portal, SocketAddr) {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mut options = PortalOptions::new(Arc::new(move || now));
            options.limits = Limits::off();
            let portal = Portal::new(options);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = portal.serve(listener).unwrap();
            sender.send((portal, address)).unwrap();
            server.await.unwrap();
        });
    });
    receiver.recv().unwrap()
}
