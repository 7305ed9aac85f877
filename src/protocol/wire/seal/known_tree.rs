//! What is known of the trees of batches that were found genuine: every Merkle path that leads to a
//! signed root tells a receiver the nodes on it and their siblings, of which the next frames of the
//! batch are made. A frame then costs one hash on average, and not one for each level.
//!
//! A frame passes here exactly if the whole way to the root would lead there: from a known node on,
//! the rest of its path must be what is known. A path with another rest is not accepted, although
//! the frame itself would be genuine: we would keep it, and repeat it to others, who could not
//! check it.

use std::collections::VecDeque;

use super::signed_batch::MerklePath;
use crate::protocol::wire::ids::Key;
use crate::protocol::wire::sizes::{NODE_BYTES, SIGNATURE_BYTES, TREE_DEPTH_MAX};

/// Most trees that are remembered, at 2 KiB each: frames of a batch leave together, and those that
/// are repaired later are rare.
const TREES_MAX: usize = 16;

/// A place in a tree: 1 is the root, and below `n` are `2n` and `2n + 1`.
type Place = usize;

/// As much of a hash as its parent takes.
pub(super) type Node = [u8; NODE_BYTES];

/// The trees that were heard of last.
#[derive(Default)]
pub(super) struct KnownTrees(VecDeque<KnownTree>);

struct KnownTree {
    by: Key,
    signature: [u8; SIGNATURE_BYTES],
    nodes: Vec<Option<Node>>,
}

/// The nodes that were computed on the way from a leaf up, the leaf first.
#[derive(Default)]
pub(super) struct Way([Node; TREE_DEPTH_MAX], usize);

impl Way {
    pub(super) fn push(&mut self, node: Node) {
        if let Some(place) = self.0.get_mut(self.1) {
            *place = node;
            self.1 += 1;
        }
    }

    fn nodes(&self) -> &[Node] {
        self.0.get(..self.1).unwrap_or_default()
    }
}

impl KnownTree {
    fn new(by: Key, signature: [u8; SIGNATURE_BYTES]) -> Self {
        let nodes = vec![None; 2 << TREE_DEPTH_MAX];
        Self {
            by,
            signature,
            nodes,
        }
    }

    fn is(&self, place: Place, node: &Node) -> bool {
        self.nodes.get(place).and_then(Option::as_ref) == Some(node)
    }

    fn set(&mut self, place: Place, node: Node) {
        if let Some(known) = self.nodes.get_mut(place) {
            *known = Some(node);
        }
    }
}

impl KnownTrees {
    /// Whether a path leads through known nodes; `up` computes the parent of a node, with its place
    /// and its sibling. Remembers what the path adds.
    pub(super) fn leads_to_root(
        &mut self,
        by: &Key,
        path: &MerklePath<'_>,
        leaf: Node,
        up: impl Fn(Place, &Node, &Node) -> Node,
    ) -> bool {
        let of_batch =
            |tree: &&mut KnownTree| (&tree.by, &tree.signature) == (by, path.signature());
        let Some(tree) = self.0.iter_mut().rev().find(of_batch) else {
            return false;
        };
        let (mut place, mut node, mut way) = (path.place(), leaf, Way::default());
        let mut siblings = path.siblings().iter();
        while !tree.is(place, &node) {
            let Some(sibling) = siblings.next() else {
                return false;
            };
            way.push(node);
            (node, place) = (up(place, &node, sibling), place / 2);
        }
        let mut rest = siblings.scan(place, |at, sibling| {
            let sibling_place = *at ^ 1;
            *at /= 2;
            Some((sibling_place, sibling))
        });
        let is_whole = rest.all(|(place, sibling)| tree.is(place, sibling));
        if is_whole {
            tree.learn(path, &way);
        }
        is_whole
    }

    /// Remembers the nodes of a path that was found to lead to a root that its author signed.
    pub(super) fn learn(&mut self, by: &Key, path: &MerklePath<'_>, way: &Way) {
        if path.siblings().is_empty() {
            return; // no other frame shares its signature
        }
        let of_batch = |tree: &KnownTree| (&tree.by, &tree.signature) == (by, path.signature());
        if !self.0.iter().any(of_batch) {
            if self.0.len() >= TREES_MAX {
                self.0.pop_front();
            }
            self.0.push_back(KnownTree::new(*by, *path.signature()));
        }
        if let Some(tree) = self.0.iter_mut().rev().find(|tree| of_batch(tree)) {
            tree.learn(path, way);
        }
    }
}

impl KnownTree {
    fn learn(&mut self, path: &MerklePath<'_>, way: &Way) {
        let mut place = path.place();
        for (node, sibling) in way.nodes().iter().zip(path.siblings()) {
            self.set(place, *node);
            self.set(place ^ 1, *sibling);
            place /= 2;
        }
    }
}
