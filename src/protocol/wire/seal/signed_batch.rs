//! One signature for a batch of frames, each of which can be checked on its own.
//!
//! A signature costs more than everything else that is done to a frame, so frames that leave at the
//! same time share one. Their hashes are the leaves of a Merkle tree (1987), whose root is signed;
//! each frame carries the signature and its Merkle path (Wong and Lam 1998, for streams). A
//! receiver can check one frame of a batch without the others, and need not verify the signature
//! again for the next frame of the same batch. A frame that leaves alone is its own root.
//!
//! ```text
//! leaf        = keyed hash of type 1 ‖ inside            32 bytes
//! node        = keyed hash of left 16 ‖ right 16         32 bytes, of which its parent takes 16
//! Merkle path = a sibling 16 for each level | leaf index 1
//! the index is 1 at the root; below a node n it is 2n on the left, 2n + 1 on the right
//! ```
//!
//! Both keys are derived from the room tag, each with its own context, so that no leaf passes for a
//! node and no hash is valid in another room. Nodes are cut to 16 bytes: replacing one frame by
//! another takes 2^128 tries. Finding two frames for one leaf takes 2^64 tries, and only the author
//! can do it, who can sign two frames anyway. Missing leaves are zeros.

use super::known_tree::{Node, Way};
use super::signer::{Hash, Signer, Verdicts};
use crate::protocol::wire::ids::Key;
use crate::protocol::wire::sizes::{NODE_BYTES, SIGNATURE_BYTES, TREE_DEPTH_MAX};

pub use crate::protocol::wire::sizes::{LEAF_INDEX_BYTES, MERKLE_PATH_MAX_BYTES};

/// Most frames in a batch.
pub const BATCH_MAX_FRAMES: usize = 1 << TREE_DEPTH_MAX;

/// The hash that fills a missing leaf.
const NOTHING: Hash = [0; 32];

/// The room's hashing keys. They need not be secret.
#[derive(Clone, Debug)]
pub(super) struct Hashing {
    leaf_key: Hash,
    node_key: Hash,
}

impl Hashing {
    pub(super) fn of(room_tag: &[u8]) -> Self {
        Self {
            leaf_key: blake3::derive_key("roda 2026 leaf", room_tag),
            node_key: blake3::derive_key("roda 2026 node", room_tag),
        }
    }

    /// Hashes the inside of a frame of this type.
    pub(super) fn leaf(&self, kind: u8, inside: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.leaf_key);
        hasher.update(&[kind]).update(inside);
        *hasher.finalize().as_bytes()
    }

    fn node(&self, left: &[u8], right: &[u8]) -> Hash {
        let mut children = [0; 2 * NODE_BYTES];
        let targets = children.iter_mut();
        let both = left.iter().take(NODE_BYTES).chain(right);
        targets.zip(both).for_each(|(to, from)| *to = *from);
        *blake3::keyed_hash(&self.node_key, &children).as_bytes()
    }
}

/// The tree over the frames of a batch, from the leaves up.
#[derive(Debug)]
pub(super) struct Tree(Vec<Vec<Hash>>);

impl Tree {
    /// Builds the tree over 1 to [`BATCH_MAX_FRAMES`] leaves.
    pub(super) fn over(mut leaves: Vec<Hash>, hashing: &Hashing) -> Self {
        debug_assert!(leaves.len() <= BATCH_MAX_FRAMES, "a longer batch is split");
        leaves.resize(leaves.len().next_power_of_two(), NOTHING);
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let (pairs, _) = level.as_chunks::<2>();
            let parents = pairs.iter().map(|[left, right]| hashing.node(left, right));
            levels.push(parents.collect());
        }
        Self(levels)
    }

    pub(super) fn sign(&self, signer: &Signer) -> [u8; SIGNATURE_BYTES] {
        let root = self.0.last().and_then(|level| level.first());
        signer.sign(root.unwrap_or(&NOTHING))
    }

    /// Writes a frame's Merkle path.
    pub(super) fn write_merkle_path(&self, index: usize, to: &mut Vec<u8>) {
        let depth = self.0.len() - 1;
        let siblings = self.0.iter().take(depth).enumerate();
        for (height, level) in siblings {
            let sibling = level.get(index >> height ^ 1).unwrap_or(&NOTHING);
            to.extend(sibling.iter().take(NODE_BYTES));
        }
        to.push((1 << depth | index) as u8); // below 2^(TREE_DEPTH_MAX + 1)
    }
}

/// What follows the inside of a signed frame.
#[derive(Debug)]
pub(super) struct MerklePath<'s> {
    index: usize,
    siblings: &'s [u8],
    signature: &'s [u8; SIGNATURE_BYTES],
}

impl<'s> MerklePath<'s> {
    /// Splits the plaintext of a signed frame into its inside and its Merkle path.
    pub(super) fn split(inside: &'s [u8]) -> Option<(&'s [u8], Self)> {
        let (rest, signature) = inside.split_last_chunk()?;
        let (leaf_index, rest) = rest.split_last()?;
        let depth = leaf_index.checked_ilog2()? as usize;
        let index = usize::from(leaf_index ^ 1 << depth);
        let is_sound = depth <= TREE_DEPTH_MAX;
        let at = rest.len().checked_sub(depth * NODE_BYTES);
        let (inside, siblings) = rest.split_at_checked(at.filter(|_| is_sound)?)?;
        let merkle_path = Self {
            index,
            siblings,
            signature,
        };
        Some((inside, merkle_path))
    }

    /// Whether this person signed the batch that the frame belongs to; `None` if that is not known
    /// yet, and may not be checked now.
    pub(super) fn is_genuine(
        &self,
        leaf: Hash,
        by: &Key,
        hashing: &Hashing,
        verdicts: &Verdicts,
        may_check: impl FnOnce() -> bool,
    ) -> Option<bool> {
        let up = |place: usize, node: &[u8], sibling: &Node| match place & 1 {
            0 => hashing.node(node, sibling),
            _ => hashing.node(sibling, node),
        };
        let up_to_node = |place: usize, node: &Node, sibling: &Node| cut(&up(place, node, sibling));
        if verdicts.is_in_known_batch(by, self, cut(&leaf), up_to_node) {
            return Some(true);
        }
        let (mut place, mut hash, mut way) = (self.place(), leaf, Way::default());
        for sibling in self.siblings() {
            way.push(cut(&hash));
            (hash, place) = (up(place, &hash, sibling), place / 2);
        }
        let is_genuine = verdicts.verify_if(by, &hash, self.signature, may_check)?;
        if is_genuine {
            verdicts.learn_batch(by, self, &way);
        }
        Some(is_genuine)
    }

    /// The frame's place in the tree: 1 is the root, and below `n` are `2n` and `2n + 1`.
    pub(super) fn place(&self) -> usize {
        1 << self.siblings().len() | self.index
    }

    /// The siblings of the nodes on the way to the root, that of the leaf first.
    pub(super) fn siblings(&self) -> &'s [Node] {
        self.siblings.as_chunks().0
    }

    /// The signature of the whole batch.
    pub(super) fn signature(&self) -> &'s [u8; SIGNATURE_BYTES] {
        self.signature
    }
}

/// As much of a hash as its parent takes.
fn cut(hash: &Hash) -> Node {
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::super::known_tree::KnownTrees;
    use super::*;

    #[test]
    fn each_leaf_finds_its_root_and_no_other() {
        let hashing = Hashing::of(&[7; 16]);
        let signer = Signer::from_seed(&[1; 32]);
        for count in 1..=BATCH_MAX_FRAMES {
            let leaves: Vec<Hash> = (0..count).map(|n| hashing.leaf(1, &[n as u8])).collect();
            let tree = Tree::over(leaves.clone(), &hashing);
            let signature = tree.sign(&signer);
            for (index, leaf) in leaves.iter().enumerate() {
                let mut inside = b"inside".to_vec();
                tree.write_merkle_path(index, &mut inside);
                inside.extend_from_slice(&signature);
                let (before, merkle_path) = MerklePath::split(&inside).unwrap();
                assert_eq!(before, b"inside");
                let verdicts = Verdicts::default();
                let key = signer.key();
                let is_genuine = |leaf: Hash| {
                    merkle_path.is_genuine(leaf, &key, &hashing, &verdicts, || true) == Some(true)
                };
                assert!(is_genuine(*leaf));
                let other_type = hashing.leaf(2, &[index as u8]);
                let other_room = Hashing::of(&[8; 16]).leaf(1, &[index as u8]);
                assert!(!is_genuine(other_type) && !is_genuine(other_room));
                for other in leaves.iter().filter(|other| *other != leaf) {
                    assert!(!is_genuine(*other), "{index} of {count}");
                }
            }
        }
    }

    /// What a receiver that remembers batches says of a path, and whether one that remembers
    /// nothing says the same.
    fn verdict(remembering: &Verdicts, key: &Key, leaf: Hash, datagram: &[u8]) -> Option<bool> {
        let hashing = Hashing::of(&[7; 16]);
        let (_, path) = MerklePath::split(datagram)?;
        let of = |verdicts: &Verdicts| path.is_genuine(leaf, key, &hashing, verdicts, || true);
        let fresh = of(&Verdicts::default());
        assert_eq!(of(remembering), fresh, "{datagram:?}");
        fresh
    }

    proptest! {
        /// In whatever order frames come, and whatever is changed in them, a known batch is
        /// judged as an unknown one is.
        #[test]
        fn a_known_batch_is_judged_like_an_unknown_one(
            count in 1..=BATCH_MAX_FRAMES,
            tries in vec((any::<u8>(), option::of((any::<Index>(), any::<u8>()))), 1..80),
        ) {
            let (hashing, signer) = (Hashing::of(&[7; 16]), Signer::from_seed(&[1; 32]));
            let leaves: Vec<Hash> = (0..count).map(|n| hashing.leaf(1, &[n as u8])).collect();
            let tree = Tree::over(leaves.clone(), &hashing);
            let signature = tree.sign(&signer);
            let remembering = Verdicts::default();
            for (which, change) in tries {
                let index = usize::from(which) % count;
                let mut datagram = Vec::new();
                tree.write_merkle_path(index, &mut datagram);
                datagram.extend_from_slice(&signature);
                let mut changed = datagram.clone();
                if let Some((at, by)) = change {
                    changed[at.index(datagram.len())] ^= by;
                }
                let said = verdict(&remembering, &signer.key(), leaves[index], &changed);
                prop_assert_eq!(said == Some(true), changed == datagram);
            }
        }
    }

    #[test]
    fn each_node_of_a_batch_is_computed_once() {
        let (hashing, signer) = (Hashing::of(&[7; 16]), Signer::from_seed(&[1; 32]));
        let leaves: Vec<Hash> = (0..64).map(|n| hashing.leaf(1, &[n])).collect();
        let tree = Tree::over(leaves.clone(), &hashing);
        let signature = tree.sign(&signer);
        let (mut trees, mut hashed) = (KnownTrees::default(), 0);
        for (index, leaf) in leaves.iter().enumerate() {
            let mut datagram = Vec::new();
            tree.write_merkle_path(index, &mut datagram);
            datagram.extend_from_slice(&signature);
            let (_, path) = MerklePath::split(&datagram).unwrap();
            let count = Cell::new(0);
            let up = |place: usize, node: &Node, sibling: &Node| {
                count.set(count.get() + 1);
                cut(&match place & 1 {
                    0 => hashing.node(node, sibling),
                    _ => hashing.node(sibling, node),
                })
            };
            if !trees.leads_to_root(&signer.key(), &path, cut(leaf), up) {
                let mut way = Way::default();
                let (mut place, mut node) = (path.place(), cut(leaf));
                for sibling in path.siblings() {
                    way.push(node);
                    (node, place) = (up(place, &node, sibling), place / 2);
                }
                trees.learn(&signer.key(), &path, &way);
            }
            hashed += count.get();
        }
        assert_eq!(
            hashed, 63,
            "each node of the tree once; it was six for each frame"
        );
    }

    #[test]
    fn a_place_that_cannot_be_is_refused() {
        for leaf_index in 0..=255_u8 {
            let mut inside = vec![0; 200];
            inside.push(leaf_index);
            inside.extend_from_slice(&[0; SIGNATURE_BYTES]);
            let can_be = (1..2 * BATCH_MAX_FRAMES).contains(&usize::from(leaf_index));
            assert_eq!(
                MerklePath::split(&inside).is_some(),
                can_be,
                "{leaf_index:#x}"
            );
            assert_eq!(
                MerklePath::split(&inside[200..]).is_some(),
                leaf_index == 1,
                "no siblings"
            );
        }
        assert!(MerklePath::split(&[0; SIGNATURE_BYTES]).is_none());
    }
}
