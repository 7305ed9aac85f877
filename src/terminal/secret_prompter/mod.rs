//! Asks for a secret at the terminal that this process belongs to, wherever stdin comes from. What
//! is typed is not shown, and the terminal is as it was found at every end.

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use self::portable::SecretPrompter;
#[cfg(unix)]
pub use self::unix::SecretPrompter;
