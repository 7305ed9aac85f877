//! Two backends for the common harness: the bare loop, and roda's library with all that it does to
//! a message between keyboard and socket, and between socket and screen. The harness forks one
//! process per role, so the statics belong to one role each.
#![allow(static_mut_refs)]

#[path = "../../shared/mod.rs"]
mod shared;

use std::ffi::{CString, c_char, c_int};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use roda::net::multicast::{Receiver, Sender};
use roda::protocol::message::Name;
use roda::protocol::wire::plain;
use shared::{HEAD, Sink, TAIL, bare_receiver, bare_sender};

/// The harness's own description of a backend; see its bench.h.
#[repr(C)]
struct Backend {
    name: *const c_char,
    pub_open: extern "C" fn() -> c_int,
    pub_send: extern "C" fn(*const c_char, c_int) -> c_int,
    pub_flush: Option<extern "C" fn()>,
    pub_poll: Option<extern "C" fn(c_int)>,
    sub_open: extern "C" fn(c_int) -> c_int,
    sub_poll: extern "C" fn(c_int) -> c_int,
    close: Option<extern "C" fn()>,
}

unsafe extern "C" {
    fn bench_msg(message: *const c_char, length: c_int);
    fn bench_main(
        count: c_int,
        args: *const *const c_char,
        list: *const Backend,
        n: c_int,
    ) -> c_int;
}

static mut SPEAKING: Option<(Sender, Name, Vec<u8>)> = None;
static mut HEARING: Option<(Receiver, Sink)> = None;
static mut BARE: Option<UdpSocket> = None;

/// The bytes of a message that the harness hands over.
fn bytes<'m>(message: *const c_char, length: c_int) -> &'m [u8] {
    // SAFETY: the harness passes a buffer of that length, which outlives the call it is used in.
    unsafe { std::slice::from_raw_parts(message.cast(), length as usize) }
}

extern "C" fn roda_pub_open() -> c_int {
    let ana = Name::parse("ana").expect("a name");
    // SAFETY: one thread in this process.
    unsafe { SPEAKING = Some((shared::sender(), ana, Vec::new())) };
    0
}

/// The harness makes whole datagrams; roda is given the text and makes its own.
extern "C" fn roda_pub_send(message: *const c_char, length: c_int) -> c_int {
    let message = bytes(message, length);
    let text = &message[HEAD.len()..message.len() - TAIL.len()];
    // SAFETY: one thread in this process.
    let (sender, name, datagram) = unsafe { SPEAKING.as_mut() }.expect("open");
    let text = String::from_utf8_lossy(text);
    for piece in plain::pieces(Some(name), &text) {
        plain::encode(Some(name), piece, datagram);
        if !sender.send(datagram).is_empty() {
            return 0;
        }
    }
    1
}

extern "C" fn roda_sub_open(_: c_int) -> c_int {
    // SAFETY: one thread in this process.
    unsafe { HEARING = Some((shared::receiver(), Sink::open())) };
    0
}

extern "C" fn roda_sub_poll(wait_ms: c_int) -> c_int {
    // SAFETY: one thread in this process.
    let (receiver, sink) = unsafe { HEARING.as_mut() }.expect("open");
    if !receiver.take_waiting().expect("datagrams") {
        let mut asked = [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::try_from(wait_ms).unwrap_or(PollTimeout::ZERO);
        if poll(&mut asked, limit) != Ok(1) || !receiver.wait().expect("datagrams") {
            return 0;
        }
    }
    for (datagram, source) in receiver.datagrams().iter() {
        sink.show(datagram, source);
    }
    sink.flush();
    let mut count = 0;
    for (datagram, _) in receiver.datagrams().iter() {
        // SAFETY: the harness reads that many bytes during the call.
        unsafe { bench_msg(datagram.as_ptr().cast(), datagram.len() as c_int) };
        count += 1;
    }
    count
}

extern "C" fn bare_pub_open() -> c_int {
    // SAFETY: one thread in this process.
    unsafe { BARE = Some(bare_sender(Ipv4Addr::LOCALHOST)) };
    0
}

extern "C" fn bare_pub_send(message: *const c_char, length: c_int) -> c_int {
    // SAFETY: one thread in this process.
    let socket = unsafe { BARE.as_ref() }.expect("open");
    c_int::from(socket.send(bytes(message, length)).is_ok())
}

extern "C" fn bare_sub_open(_: c_int) -> c_int {
    let wait = Duration::from_millis(50);
    // SAFETY: one thread in this process.
    unsafe { BARE = Some(bare_receiver(Ipv4Addr::LOCALHOST, 8 << 20, wait)) };
    0
}

extern "C" fn bare_sub_poll(_: c_int) -> c_int {
    // SAFETY: one thread in this process.
    let socket = unsafe { BARE.as_ref() }.expect("open");
    let mut room = [0_u8; 2048];
    let Ok(length) = socket.recv(&mut room) else {
        return 0;
    };
    // SAFETY: the harness reads that many bytes during the call.
    unsafe { bench_msg(room.as_ptr().cast(), length as c_int) };
    1
}

fn main() {
    let args: Vec<CString> = std::env::args()
        .map(|arg| CString::new(arg).expect("no zero byte"))
        .collect();
    let pointers: Vec<*const c_char> = args.iter().map(|arg| arg.as_ptr()).collect();
    let backend = |name: &'static std::ffi::CStr, pub_open, pub_send, sub_open, sub_poll| Backend {
        name: name.as_ptr(),
        pub_open,
        pub_send,
        pub_flush: None,
        pub_poll: None,
        sub_open,
        sub_poll,
        close: None,
    };
    let list = [
        backend(
            c"bare",
            bare_pub_open,
            bare_pub_send,
            bare_sub_open,
            bare_sub_poll,
        ),
        backend(
            c"roda",
            roda_pub_open,
            roda_pub_send,
            roda_sub_open,
            roda_sub_poll,
        ),
    ];
    // SAFETY: the arguments and the backends outlive the call.
    let code = unsafe { bench_main(args.len() as c_int, pointers.as_ptr(), list.as_ptr(), 2) };
    std::process::exit(code);
}
