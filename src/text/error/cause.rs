//! Which kind of cause an error of the system is.

use std::io;
use std::io::ErrorKind;

/// Kinds of causes with a sentence of their own, and usually a cure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    NoRoute,
    DeviceGone,
    Firewall,
    QueueFull,
    PortTaken,
    DiskFull,
    Other,
}

#[cfg(unix)]
pub(super) fn classify(error: &io::Error) -> Cause {
    match error.raw_os_error() {
        Some(libc::ENETUNREACH | libc::EHOSTUNREACH) => Cause::NoRoute,
        Some(libc::ENODEV | libc::ENXIO | libc::EADDRNOTAVAIL | libc::ENETDOWN) => {
            Cause::DeviceGone
        }
        Some(libc::EPERM | libc::EACCES) => Cause::Firewall,
        Some(libc::ENOBUFS) => Cause::QueueFull,
        Some(libc::EADDRINUSE) => Cause::PortTaken,
        Some(libc::ENOSPC) => Cause::DiskFull,
        None if error.kind() == ErrorKind::AddrNotAvailable => Cause::DeviceGone,
        _ => Cause::Other,
    }
}

#[cfg(not(unix))]
pub(super) fn classify(error: &io::Error) -> Cause {
    match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => Cause::NoRoute,
        ErrorKind::NotFound | ErrorKind::AddrNotAvailable | ErrorKind::NetworkDown => {
            Cause::DeviceGone
        }
        ErrorKind::PermissionDenied => Cause::Firewall,
        ErrorKind::AddrInUse => Cause::PortTaken,
        ErrorKind::StorageFull => Cause::DiskFull,
        _ => Cause::Other,
    }
}
