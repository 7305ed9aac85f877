//! The objects of one stream, numbered so that they can refer to each other, and the tree that they
//! form. A node never copies another: a shared object is charged each time the tree contains it.

use std::borrow::Cow;

use super::{PythonFault, Result, Value};

/// Deepest nesting of a value. Real data stays far below; readers, writers and code that walks the
/// tree may recurse this deep on any thread.
pub const NESTING_MAX: usize = 64;

/// Largest tree that any stream may make, however short the stream is. Shared references let a few
/// bytes name the same list ten times ten times: honest sharing fits here, a decompression bomb
/// does not.
pub const TREE_BASE_BYTES: usize = 4 << 20;

/// How much the tree may grow with each byte of the stream. A value takes at least one byte, so
/// everything without shared references fits.
pub const TREE_BYTES_PER_BYTE: usize = 64;

const VALUE_BYTES: usize = size_of::<Value>();
const _: () = assert!(VALUE_BYTES <= TREE_BYTES_PER_BYTE);

/// The number of a node.
pub(super) type Id = u32;

#[derive(Debug)]
pub(super) enum Node<'b> {
    /// An object that is numbered before its content is known.
    Pending,
    None,
    Bool(bool),
    Integer(i128),
    /// An integer beyond `i128`. The stream is read to its end, but its value is too large.
    HugeInteger,
    Float(f64),
    Text(Cow<'b, str>),
    Bytes(&'b [u8]),
    /// Bytes that are encoded as a text of the same characters.
    Latin1(Id),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    /// A set of the items of a list.
    SetOf(Id),
    /// Keys and values, alternating.
    Dictionary(Vec<Id>),
    Class {
        module: &'b str,
        name: &'b str,
    },
    /// Each state is a dictionary, `None`, or a pair of these.
    Instance {
        class: Id,
        states: Vec<Id>,
    },
}

#[derive(Default)]
pub(super) struct Graph<'b> {
    nodes: Vec<Node<'b>>,
}

impl<'b> Graph<'b> {
    pub(super) fn add(&mut self, node: Node<'b>) -> Result<Id> {
        let id = Id::try_from(self.nodes.len()).map_err(|_| PythonFault::TooLarge)?;
        self.nodes.push(node);
        Ok(id)
    }

    pub(super) fn get(&self, id: Id) -> Result<&Node<'b>> {
        self.nodes.get(id as usize).ok_or(PythonFault::Malformed)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Result<&mut Node<'b>> {
        let node = self.nodes.get_mut(id as usize);
        node.ok_or(PythonFault::Malformed)
    }

    /// Builds the tree below this node, if its size is in proportion to the bytes of the stream.
    pub(super) fn tree(&self, root: Id, bytes: usize) -> Result<Value> {
        let allowed = bytes.saturating_mul(TREE_BYTES_PER_BYTE);
        let mut builder = Builder {
            graph: self,
            left_bytes: allowed.saturating_add(TREE_BASE_BYTES),
        };
        builder.value(root, NESTING_MAX)
    }
}

/// Builds a tree. `depth` is how many further levels of containers are allowed.
struct Builder<'g, 'b> {
    graph: &'g Graph<'b>,
    left_bytes: usize,
}

impl Builder<'_, '_> {
    fn value(&mut self, id: Id, depth: usize) -> Result<Value> {
        Ok(match self.graph.get(id)? {
            Node::None => Value::None,
            Node::Bool(bool) => Value::Bool(*bool),
            Node::Integer(integer) => Value::Integer(*integer),
            Node::HugeInteger => return Err(PythonFault::TooLarge),
            Node::Float(float) => Value::Float(*float),
            Node::Text(text) => Value::Text(self.text(text)?),
            Node::Bytes(bytes) => {
                self.pay(bytes.len())?;
                Value::Bytes(bytes.to_vec())
            }
            Node::Latin1(text) => Value::Bytes(self.latin1(*text)?),
            Node::List(items) => Value::List(self.values(items, depth)?),
            Node::Tuple(items) => Value::Tuple(self.values(items, depth)?),
            Node::Set(items) => Value::Set(self.values(items, depth)?),
            Node::SetOf(list) => match self.graph.get(*list)? {
                Node::List(items) => Value::Set(self.values(items, depth)?),
                _ => return Err(PythonFault::Refused),
            },
            Node::Dictionary(items) => Value::Dictionary(self.pairs(items, depth)?),
            Node::Instance { class, states } => {
                let Node::Class { module, name } = self.graph.get(*class)? else {
                    return Err(PythonFault::Refused);
                };
                self.pay(module.len() + name.len())?;
                let class = format!("{module}.{name}");
                let fields = self.fields(states, depth)?;
                Value::Instance { class, fields }
            }
            Node::Class { .. } => return Err(PythonFault::Refused),
            Node::Pending => return Err(PythonFault::Malformed),
        })
    }

    fn values(&mut self, items: &[Id], depth: usize) -> Result<Vec<Value>> {
        let depth = deeper(depth)?;
        self.pay_values(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for &item in items {
            values.push(self.value(item, depth)?);
        }
        Ok(values)
    }

    fn pairs(&mut self, items: &[Id], depth: usize) -> Result<Vec<(Value, Value)>> {
        let depth = deeper(depth)?;
        self.pay_values(items.len())?;
        let mut pairs = Vec::with_capacity(items.len() / 2);
        let (entries, _) = items.as_chunks();
        for &[key, value] in entries {
            pairs.push((self.value(key, depth)?, self.value(value, depth)?));
        }
        Ok(pairs)
    }

    fn fields(&mut self, states: &[Id], depth: usize) -> Result<Vec<(String, Value)>> {
        let depth = deeper(depth)?;
        let mut fields = Vec::new();
        self.pay_values(states.len())?;
        for &state in states {
            // With slots, the state is a pair: the dictionary, and the slots.
            match self.graph.get(state)? {
                Node::Tuple(halves) if halves.len() == 2 => {
                    for &half in halves {
                        self.fields_of(half, depth, &mut fields)?;
                    }
                }
                _ => self.fields_of(state, depth, &mut fields)?,
            }
        }
        Ok(fields)
    }

    fn fields_of(
        &mut self,
        state: Id,
        depth: usize,
        fields: &mut Vec<(String, Value)>,
    ) -> Result<()> {
        let items = match self.graph.get(state)? {
            Node::Dictionary(items) => items,
            Node::None => return Ok(()),
            _ => return Err(PythonFault::Refused),
        };
        self.pay_values(items.len())?;
        let (entries, _) = items.as_chunks();
        for &[name, value] in entries {
            let Node::Text(name) = self.graph.get(name)? else {
                return Err(PythonFault::Refused);
            };
            fields.push((self.text(name)?, self.value(value, depth)?));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<String> {
        self.pay(text.len())?;
        Ok(text.to_owned())
    }

    fn latin1(&mut self, text: Id) -> Result<Vec<u8>> {
        let Node::Text(text) = self.graph.get(text)? else {
            return Err(PythonFault::Refused);
        };
        self.pay(text.len())?;
        let bytes: std::result::Result<_, _> = text.chars().map(u8::try_from).collect();
        bytes.map_err(|_| PythonFault::Malformed)
    }

    /// Charges for items before memory for them is allocated.
    fn pay_values(&mut self, count: usize) -> Result<()> {
        self.pay(count.saturating_mul(VALUE_BYTES))
    }

    fn pay(&mut self, bytes: usize) -> Result<()> {
        let left = self.left_bytes.checked_sub(bytes);
        self.left_bytes = left.ok_or(PythonFault::TooLarge)?;
        Ok(())
    }
}

/// Goes one level of containers deeper.
pub(super) fn deeper(depth: usize) -> Result<usize> {
    depth.checked_sub(1).ok_or(PythonFault::TooLarge)
}
