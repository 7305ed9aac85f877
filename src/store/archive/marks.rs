//! Up to where a person has read each room: the message that was newest then. A mark moves forward
//! only, unless the clock that it was made by had jumped ahead.

use rusqlite::{Connection, params};

use super::file::Fault;
use super::first;
use super::rows::{id_bytes, position_of};
use crate::clock::Clock;
use crate::protocol::engine::config::CLOCK_AHEAD_MAX;
use crate::protocol::engine::event::MessageId;
use crate::protocol::engine::frame_log::Position;

/// The last id that nobody's sound clock gives by now.
fn last_sound(now_ms: u64) -> MessageId {
    let ahead_ms = CLOCK_AHEAD_MAX.as_millis() as u64;
    MessageId {
        position: Position {
            clock: now_ms.saturating_add(ahead_ms) << 16 | 0xffff,
            short: u64::MAX,
            session: u64::MAX,
            sequence: u32::MAX,
        },
        index: u8::MAX,
    }
}

/// Marks a room as read up to a message.
pub(super) fn mark(connection: &Connection, room: i64, id: &MessageId) -> Result<(), Fault> {
    let last = last_sound(Clock::start().now().wall_ms);
    let upsert = "INSERT INTO read_marks (room, id) VALUES (?1, ?2)
        ON CONFLICT (room) DO UPDATE SET id = ?2 WHERE id < ?2 OR id > ?3";
    let values = params![room, id_bytes(id), id_bytes(&last)];
    connection.prepare_cached(upsert)?.execute(values)?;
    Ok(())
}

/// Up to which message a room was read; of a mark by a clock that had jumped ahead, no further than
/// until now.
pub(super) fn read_until(connection: &Connection, room: i64) -> Result<Option<MessageId>, Fault> {
    let select = "SELECT id FROM read_marks WHERE room = ?1";
    let bytes: Option<Vec<u8>> = first(connection, select, [room])?;
    let id = bytes.and_then(|bytes| {
        let (position, index) = (position_of(&bytes)?, *bytes.last()?);
        Some(MessageId { position, index })
    });
    let last = last_sound(Clock::start().now().wall_ms);
    Ok(id.map(|id| id.min(last)))
}
