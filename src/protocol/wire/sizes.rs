//! The sizes that several wires share, in bytes. This file imports nothing, so that each wire can
//! import it.

/// Length of the tag in a frame's header that says which room the frame belongs to.
pub const ROOM_TAG_BYTES: usize = 16;

/// Length of an author's signature (Ed25519).
pub const SIGNATURE_BYTES: usize = 64;

/// Length of a session's public key (X25519).
pub const SESSION_KEY_BYTES: usize = 32;

/// Length of a tree's node, cut from a longer hash.
pub const NODE_BYTES: usize = 16;

/// Most levels of a tree below its root. With 7, a leaf index would still fit one byte.
pub const TREE_DEPTH_MAX: usize = 6;

/// Length of the siblings in the longest Merkle path.
pub const MERKLE_PATH_MAX_BYTES: usize = TREE_DEPTH_MAX * NODE_BYTES;

/// Length of the leaf index, which follows the siblings.
pub const LEAF_INDEX_BYTES: usize = 1;
