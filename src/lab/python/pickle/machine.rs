//! The machine that reads a pickle.

use std::collections::BTreeMap;

use super::atoms::{characters, integer, latin_1};
use crate::lab::python::cursor::Cursor;
use crate::lab::python::{DEPTH_MAX, PythonFault, SIZE_MAX_BYTES, Value};

/// The highest protocol that there is.
const PROTOCOL_MAX: u8 = 5;

/// A value under construction; parts are named by their places in [`Machine::nodes`], for a
/// pickle may go on to fill what it has already put into something else.
#[derive(Debug)]
enum Node {
    Plain(Value),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Set(Vec<usize>),
    Dictionary(Vec<(usize, usize)>),
    /// What would be imported.
    Class(String),
    Instance(String, Vec<(usize, usize)>),
}

#[derive(Debug, Default)]
struct Machine {
    nodes: Vec<Node>,
    stack: Vec<usize>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: BTreeMap<usize, usize>,
}

/// Reads the value at the beginning of some bytes; and how many it took.
///
/// # Errors
/// The [`PythonFault`].
pub fn read(bytes: &[u8]) -> Result<(Value, usize), PythonFault> {
    let mut cursor = Cursor::new(bytes);
    let mut machine = Machine::default();
    loop {
        let code = cursor.byte()?;
        if code == b'.' {
            let top = machine.pop()?;
            let mut room_bytes = SIZE_MAX_BYTES;
            let value = machine.tree(top, DEPTH_MAX, &mut room_bytes)?;
            return Ok((value, cursor.taken()));
        }
        machine.step(code, &mut cursor)?;
    }
}

impl Machine {
    fn push(&mut self, node: Node) -> Result<(), PythonFault> {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
        Ok(())
    }

    fn plain(&mut self, value: Value) -> Result<(), PythonFault> {
        self.push(Node::Plain(value))
    }

    /// Takes the top, but not what lies below the last mark.
    fn pop(&mut self) -> Result<usize, PythonFault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or(PythonFault::Malformed),
            false => Err(PythonFault::Malformed),
        }
    }

    /// Takes all above the last mark, and the mark.
    fn pop_mark(&mut self) -> Result<Vec<usize>, PythonFault> {
        let mark = self.marks.pop().ok_or(PythonFault::Malformed)?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn pop_pairs(&mut self) -> Result<Vec<(usize, usize)>, PythonFault> {
        let items = self.pop_mark()?;
        let (pairs, rest) = items.as_chunks::<2>();
        match rest {
            [] => Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect()),
            _ => Err(PythonFault::Malformed),
        }
    }

    fn top(&mut self) -> Result<&mut Node, PythonFault> {
        let top = self.stack.last().ok_or(PythonFault::Malformed)?;
        self.nodes.get_mut(*top).ok_or(PythonFault::Malformed)
    }

    fn node(&self, place: usize) -> Result<&Node, PythonFault> {
        self.nodes.get(place).ok_or(PythonFault::Malformed)
    }

    fn step(&mut self, code: u8, cursor: &mut Cursor<'_>) -> Result<(), PythonFault> {
        match code {
            0x80 if cursor.byte()? <= PROTOCOL_MAX => Ok(()),
            0x80 => Err(PythonFault::Malformed),
            // A frame only says how much follows.
            0x95 => cursor.length_8().map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => self.pop().map(drop),
            b'1' => self.pop_mark().map(drop),
            b'2' => {
                let top = self.pop()?;
                self.stack.extend([top, top]);
                Ok(())
            }
            b'N' => self.plain(Value::None),
            0x88 => self.plain(Value::Bool(true)),
            0x89 => self.plain(Value::Bool(false)),
            b'I' | b'J' | b'K' | b'M' | b'L' | 0x8a | 0x8b => {
                let value = integer(code, cursor)?;
                self.plain(value)
            }
            b'F' => {
                let float = cursor.text_line()?.parse();
                self.plain(Value::Float(float.map_err(|_| PythonFault::Malformed)?))
            }
            b'G' => {
                let float = f64::from_be_bytes(cursor.array()?);
                self.plain(Value::Float(float))
            }
            b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d | b'B' | b'C' | 0x8e | 0x96 => {
                let value = characters(code, cursor)?;
                self.plain(value)
            }
            b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.remember(code, cursor),
            b'c' | 0x93 | b'i' | b'o' | 0x81 | 0x92 | b'R' | b'b' => self.construct(code, cursor),
            _ => self.collect(code),
        }
    }

    /// Opcodes that make and fill collections.
    fn collect(&mut self, code: u8) -> Result<(), PythonFault> {
        match code {
            b']' => self.push(Node::List(Vec::new())),
            b')' => self.push(Node::Tuple(Vec::new())),
            b'}' => self.push(Node::Dictionary(Vec::new())),
            0x8f => self.push(Node::Set(Vec::new())),
            b'l' => {
                let items = self.pop_mark()?;
                self.push(Node::List(items))
            }
            b't' => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items))
            }
            b'd' => {
                let pairs = self.pop_pairs()?;
                self.push(Node::Dictionary(pairs))
            }
            0x91 => {
                let items = self.pop_mark()?;
                self.push(Node::Set(items))
            }
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x85..=code {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(Node::Tuple(items))
            }
            b'a' => {
                let item = self.pop()?;
                self.fill(vec![item])
            }
            b'e' | 0x90 => {
                let items = self.pop_mark()?;
                self.fill(items)
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.fill_pairs(vec![(key, value)])
            }
            b'u' => {
                let pairs = self.pop_pairs()?;
                self.fill_pairs(pairs)
            }
            // Persistent ids, extension codes and buffers out of band name what is not here.
            b'P' | b'Q' | 0x82..=0x84 | 0x97 | 0x98 => Err(PythonFault::Refused),
            _ => Err(PythonFault::Malformed),
        }
    }

    fn fill(&mut self, new: Vec<usize>) -> Result<(), PythonFault> {
        match self.top()? {
            Node::List(items) | Node::Set(items) => items.extend(new),
            _ => return Err(PythonFault::Malformed),
        }
        Ok(())
    }

    fn fill_pairs(&mut self, new: Vec<(usize, usize)>) -> Result<(), PythonFault> {
        match self.top()? {
            Node::Dictionary(pairs) => pairs.extend(new),
            _ => return Err(PythonFault::Malformed),
        }
        Ok(())
    }

    /// Opcodes of the memo.
    fn remember(&mut self, code: u8, cursor: &mut Cursor<'_>) -> Result<(), PythonFault> {
        let number = match code {
            b'p' | b'g' => {
                let number = cursor.text_line()?.parse();
                number.map_err(|_| PythonFault::Malformed)?
            }
            b'q' | b'h' => cursor.byte()?.into(),
            b'r' | b'j' => cursor.length_4()?,
            _ => self.memo.len(),
        };
        if b"ghj".contains(&code) {
            let place = self.memo.get(&number).ok_or(PythonFault::Malformed)?;
            self.stack.push(*place);
        } else {
            let top = self.stack.last().ok_or(PythonFault::Malformed)?;
            self.memo.insert(number, *top);
        }
        Ok(())
    }

    /// Opcodes that name classes and make instances.
    fn construct(&mut self, code: u8, cursor: &mut Cursor<'_>) -> Result<(), PythonFault> {
        match code {
            b'c' => {
                let (module, name) = (cursor.text_line()?, cursor.text_line()?);
                self.push(Node::Class(format!("{module}.{name}")))
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Node::Plain(Value::Text(module)), Node::Plain(Value::Text(name))) =
                    (self.node(module)?, self.node(name)?)
                else {
                    return Err(PythonFault::Malformed);
                };
                let class = format!("{module}.{name}");
                self.push(Node::Class(class))
            }
            b'i' => {
                let (module, name) = (cursor.text_line()?, cursor.text_line()?);
                let arguments = self.pop_mark()?;
                self.instance(format!("{module}.{name}"), &arguments)
            }
            b'o' => {
                let items = self.pop_mark()?;
                let (class, arguments) = items.split_first().ok_or(PythonFault::Malformed)?;
                let class = self.class(*class)?;
                self.instance(class, arguments)
            }
            0x81 => {
                let (arguments, class) = (self.pop()?, self.pop()?);
                let (arguments, class) = (self.tuple(arguments)?, self.class(class)?);
                self.instance(class, &arguments)
            }
            b'R' => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let (arguments, callable) = (self.tuple(arguments)?, self.class(callable)?);
                self.call(&callable, &arguments)
            }
            b'b' => {
                let state = self.pop()?;
                self.build(state)
            }
            // Keyword arguments of a constructor.
            _ => Err(PythonFault::Refused),
        }
    }

    fn class(&self, place: usize) -> Result<String, PythonFault> {
        match self.node(place)? {
            Node::Class(class) => Ok(class.clone()),
            _ => Err(PythonFault::Malformed),
        }
    }

    fn tuple(&self, place: usize) -> Result<Vec<usize>, PythonFault> {
        match self.node(place)? {
            Node::Tuple(items) => Ok(items.clone()),
            _ => Err(PythonFault::Malformed),
        }
    }

    /// An instance that no constructor was called for; one with arguments would have been.
    fn instance(&mut self, class: String, arguments: &[usize]) -> Result<(), PythonFault> {
        match arguments {
            [] => self.push(Node::Instance(class, Vec::new())),
            _ => Err(PythonFault::Refused),
        }
    }

    /// The calls that Python writes for what older protocols have no opcodes for.
    fn call(&mut self, callable: &str, arguments: &[usize]) -> Result<(), PythonFault> {
        let nodes = arguments.iter().map(|place| self.node(*place));
        let nodes = nodes.collect::<Result<Vec<&Node>, _>>()?;
        let (module, name) = callable.split_once('.').unwrap_or_default();
        let node = match (module, name, &nodes[..]) {
            ("copy_reg" | "copyreg", "_reconstructor", [Node::Class(class), _, _]) => {
                Node::Instance(class.clone(), Vec::new())
            }
            ("_codecs", "encode", [Node::Plain(Value::Text(text)), _])
            | ("builtins" | "__builtin__", "bytearray", [Node::Plain(Value::Text(text)), _]) => {
                Node::Plain(Value::Bytes(latin_1(text)?))
            }
            ("builtins" | "__builtin__", "bytes" | "bytearray", []) => {
                Node::Plain(Value::Bytes(Vec::new()))
            }
            ("builtins" | "__builtin__", "bytearray", [Node::Plain(Value::Bytes(bytes))]) => {
                Node::Plain(Value::Bytes(bytes.clone()))
            }
            ("builtins" | "__builtin__", "set" | "frozenset", [Node::List(items)]) => {
                Node::Set(items.clone())
            }
            _ => return Err(PythonFault::Refused),
        };
        self.push(node)
    }

    /// Gives an instance its fields: a dictionary, or one and another of slots.
    fn build(&mut self, state: usize) -> Result<(), PythonFault> {
        let fields = match self.node(state)? {
            Node::Dictionary(pairs) => pairs.clone(),
            Node::Tuple(parts) => {
                let mut fields = Vec::new();
                for part in parts {
                    match self.node(*part)? {
                        Node::Dictionary(pairs) => fields.extend(pairs),
                        Node::Plain(Value::None) => {}
                        _ => return Err(PythonFault::Refused),
                    }
                }
                fields
            }
            _ => return Err(PythonFault::Refused),
        };
        match self.top()? {
            Node::Instance(_, present) => present.extend(fields),
            _ => return Err(PythonFault::Refused),
        }
        Ok(())
    }

    /// A node with all its parts. What holds itself is too deep.
    fn tree(
        &self,
        place: usize,
        depth_left: usize,
        room_bytes: &mut usize,
    ) -> Result<Value, PythonFault> {
        let node = self.node(place)?;
        let cost_bytes = size_of::<Value>()
            + match node {
                Node::Plain(Value::Text(text)) => text.len(),
                Node::Plain(Value::Bytes(bytes)) => bytes.len(),
                _ => 0,
            };
        *room_bytes = room_bytes
            .checked_sub(cost_bytes)
            .ok_or(PythonFault::TooLarge)?;
        let depth_left = depth_left.checked_sub(1).ok_or(PythonFault::TooLarge)?;
        let mut all = |places: &[usize]| {
            let values = places.iter();
            let values = values.map(|place| self.tree(*place, depth_left, room_bytes));
            values.collect::<Result<Vec<Value>, _>>()
        };
        Ok(match node {
            Node::Plain(value) => value.clone(),
            Node::List(items) => Value::List(all(items)?),
            Node::Tuple(items) => Value::Tuple(all(items)?),
            Node::Set(items) => Value::Set(all(items)?),
            // A class by itself is something to import.
            Node::Class(_) => return Err(PythonFault::Refused),
            Node::Dictionary(pairs) => {
                Value::Dictionary(self.pairs(pairs, depth_left, room_bytes)?)
            }
            Node::Instance(class, pairs) => Value::Instance {
                class: class.clone(),
                fields: self.pairs(pairs, depth_left, room_bytes)?,
            },
        })
    }

    fn pairs(
        &self,
        pairs: &[(usize, usize)],
        depth_left: usize,
        room_bytes: &mut usize,
    ) -> Result<Vec<(Value, Value)>, PythonFault> {
        let mut values = Vec::new();
        for (key, value) in pairs {
            let key = self.tree(*key, depth_left, room_bytes)?;
            values.push((key, self.tree(*value, depth_left, room_bytes)?));
        }
        Ok(values)
    }
}
