//! The machine that reads a pickle. Each instruction is one step, which adds to a graph of nodes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::cursor::{Cursor, float, utf8};
use super::super::graph::{Graph, Id, Node};
use super::super::{PythonFault, Result, Value};
use super::op;

/// The newest protocol.
const PROTOCOL_MAX: u8 = 5;

/// Reads one object, and returns it with its length in bytes. The bytes after it are ignored. Every
/// call starts over, so a caller that reads a stream asks again once many more bytes have come, not
/// at each byte.
///
/// # Errors
///
/// [`PythonFault::Incomplete`] if more bytes may help, anything else if none will.
pub fn read(bytes: &[u8]) -> std::result::Result<(Value, usize), PythonFault> {
    let mut machine = Machine {
        cursor: Cursor::new(bytes),
        graph: Graph::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    let root = machine.run()?;
    let taken = machine.cursor.taken();
    Ok((machine.graph.tree(root, taken)?, taken))
}

struct Machine<'b> {
    cursor: Cursor<'b>,
    graph: Graph<'b>,
    stack: Vec<Id>,
    /// The lengths of the stack at which a group of items begins. No instruction pops beyond the
    /// last.
    marks: Vec<usize>,
    /// A map instead of a vector, because the writer of the stream chooses the numbers.
    memo: BTreeMap<u32, Id>,
}

impl<'b> Machine<'b> {
    fn run(&mut self) -> Result<Id> {
        loop {
            match self.cursor.byte()? {
                op::STOP => return self.pop(),
                code => self.step(code)?,
            }
        }
    }

    /// Executes an instruction for the program, the stack or the memo.
    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            op::PROTO if self.cursor.byte()? <= PROTOCOL_MAX => Ok(()),
            op::PROTO => Err(PythonFault::Malformed),
            // Frames say how much to read from a file at once, which is already done.
            op::FRAME => self.cursor.take(8).map(|_| ()),
            op::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            // In a group without items, the mark itself is popped.
            op::POP if self.marks.last() == Some(&self.stack.len()) => self.items().map(|_| ()),
            op::POP => self.pop().map(|_| ()),
            op::POP_MARK => self.items().map(|_| ()),
            op::DUP => {
                self.stack.push(self.top()?);
                Ok(())
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let number = memo_number(code, &mut self.cursor)?;
                self.memoize(number)
            }
            op::MEMOIZE => {
                let number = u32::try_from(self.memo.len());
                self.memoize(number.map_err(|_| PythonFault::TooLarge)?)
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let number = memo_number(code, &mut self.cursor)?;
                let id = self.memo.get(&number).ok_or(PythonFault::Malformed)?;
                self.stack.push(*id);
                Ok(())
            }
            _ => self.collect(code),
        }
    }

    /// Executes an instruction that builds a container from the stack.
    fn collect(&mut self, code: u8) -> Result<()> {
        let node = match code {
            op::APPEND | op::SETITEM => {
                let count = if code == op::APPEND { 1 } else { 2 };
                let start = self.stack.len().checked_sub(count);
                return self.extend(code, start.ok_or(PythonFault::Malformed)?);
            }
            op::APPENDS | op::SETITEMS | op::ADDITEMS => {
                let start = self.marks.pop().ok_or(PythonFault::Malformed)?;
                return self.extend(code, start);
            }
            op::LIST => Node::List(self.items()?),
            op::TUPLE => Node::Tuple(self.items()?),
            op::FROZENSET => Node::Set(self.items()?),
            op::DICT => {
                let items = self.items()?;
                if !items.len().is_multiple_of(2) {
                    return Err(PythonFault::Malformed);
                }
                Node::Dictionary(items)
            }
            op::TUPLE1 => Node::Tuple(vec![self.pop()?]),
            op::TUPLE2 => {
                let (second, first) = (self.pop()?, self.pop()?);
                Node::Tuple(vec![first, second])
            }
            op::TUPLE3 => {
                let (third, second, first) = (self.pop()?, self.pop()?, self.pop()?);
                Node::Tuple(vec![first, second, third])
            }
            _ => return self.construct(code),
        };
        self.push(node)
    }

    /// Moves the stack from `start` on into the container below it.
    fn extend(&mut self, code: u8, start: usize) -> Result<()> {
        let below = start
            .checked_sub(1)
            .filter(|&below| below >= self.group_start());
        let container = below.and_then(|below| self.stack.get(below));
        let &container = container.ok_or(PythonFault::Malformed)?;
        let more = self.stack.drain(start..);
        match (code, self.graph.get_mut(container)?) {
            (op::APPEND | op::APPENDS, Node::List(items)) => items.extend(more),
            (op::ADDITEMS, Node::Set(items)) => items.extend(more),
            (op::SETITEM | op::SETITEMS, Node::Dictionary(items)) => {
                if !more.len().is_multiple_of(2) {
                    return Err(PythonFault::Malformed);
                }
                items.extend(more);
            }
            // Python would call a method of this object.
            _ => return Err(PythonFault::Refused),
        }
        Ok(())
    }

    /// Executes an instruction for classes, instances, and the few calls that are data.
    fn construct(&mut self, code: u8) -> Result<()> {
        match code {
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                // The names of classes are borrowed, because only protocol 0 has escapes.
                match (self.graph.get(module)?, self.graph.get(name)?) {
                    (Node::Text(Cow::Borrowed(module)), Node::Text(Cow::Borrowed(name))) => {
                        self.push(class(module, name))
                    }
                    _ => Err(PythonFault::Malformed),
                }
            }
            op::INST => {
                let class = global(&mut self.cursor)?;
                let arguments = self.items()?;
                let class = self.graph.add(class)?;
                self.instance(class, &arguments)
            }
            op::OBJ => match self.items()?.as_slice() {
                [class, arguments @ ..] => self.instance(*class, arguments),
                [] => Err(PythonFault::Malformed),
            },
            op::NEWOBJ => {
                let (arguments, class) = (self.pop()?, self.pop()?);
                self.without_arguments(arguments)?;
                self.instance(class, &[])
            }
            op::NEWOBJ_EX => {
                let (named, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.without_arguments(arguments)?;
                self.without_arguments(named)?;
                self.instance(class, &[])
            }
            op::REDUCE => self.reduce(),
            op::BUILD => {
                let (state, object) = (self.pop()?, self.top()?);
                match self.graph.get_mut(object)? {
                    Node::Instance { states, .. } => states.push(state),
                    _ => return Err(PythonFault::Refused),
                }
                Ok(())
            }
            _ => {
                let node = scalar(code, &mut self.cursor)?;
                self.push(node)
            }
        }
    }

    fn instance(&mut self, class: Id, arguments: &[Id]) -> Result<()> {
        match arguments {
            [] => self.push(Node::Instance {
                class,
                states: Vec::new(),
            }),
            // Only the class knows what it makes of these items.
            _ => Err(PythonFault::Refused),
        }
    }

    fn without_arguments(&self, arguments: Id) -> Result<()> {
        match self.graph.get(arguments)? {
            Node::Tuple(items) | Node::Dictionary(items) if items.is_empty() => Ok(()),
            _ => Err(PythonFault::Refused),
        }
    }

    /// Replaces a recognised call by its result; refuses any other.
    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let (Node::Class { module, name }, Node::Tuple(arguments)) =
            (self.graph.get(callable)?, self.graph.get(arguments)?)
        else {
            return Err(PythonFault::Refused);
        };
        let node = match (*module, *name, arguments.as_slice()) {
            ("copyreg", "_reconstructor", &[class, base, state]) => {
                let of_nothing = (self.graph.get(base)?, self.graph.get(state)?);
                let (
                    Node::Class {
                        module: "builtins",
                        name: "object",
                    },
                    Node::None,
                ) = of_nothing
                else {
                    return Err(PythonFault::Refused);
                };
                Node::Instance {
                    class,
                    states: Vec::new(),
                }
            }
            ("_codecs", "encode", &[text, encoding])
            | ("builtins", "bytearray", &[text, encoding]) => match self.graph.get(encoding)? {
                Node::Text(encoding) if encoding == "latin1" || encoding == "latin-1" => {
                    Node::Latin1(text)
                }
                _ => return Err(PythonFault::Refused),
            },
            ("builtins", "bytes" | "bytearray", []) => Node::Bytes(&[]),
            ("builtins", "bytearray", &[bytes]) => match self.graph.get(bytes)? {
                Node::Bytes(bytes) => Node::Bytes(bytes),
                Node::Latin1(text) => Node::Latin1(*text),
                _ => return Err(PythonFault::Refused),
            },
            ("builtins", "set" | "frozenset", []) => Node::Set(Vec::new()),
            ("builtins", "set" | "frozenset", &[list]) => Node::SetOf(list),
            _ => return Err(PythonFault::Refused),
        };
        self.push(node)
    }

    fn memoize(&mut self, number: u32) -> Result<()> {
        self.memo.insert(number, self.top()?);
        Ok(())
    }

    fn push(&mut self, node: Node<'b>) -> Result<()> {
        self.stack.push(self.graph.add(node)?);
        Ok(())
    }

    /// The length of the stack at which the innermost group begins.
    fn group_start(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn top(&self) -> Result<Id> {
        let group = self.stack.get(self.group_start()..).unwrap_or_default();
        group.last().copied().ok_or(PythonFault::Malformed)
    }

    /// Pops the innermost group.
    fn items(&mut self) -> Result<Vec<Id>> {
        let start = self.marks.pop().ok_or(PythonFault::Malformed)?;
        Ok(self.stack.drain(start..).collect())
    }
}

/// Reads a node that contains everything it needs.
fn scalar<'b>(code: u8, cursor: &mut Cursor<'b>) -> Result<Node<'b>> {
    Ok(match code {
        op::NONE => Node::None,
        op::NEWTRUE => Node::Bool(true),
        op::NEWFALSE => Node::Bool(false),
        op::INT => match cursor.line()? {
            b"01" => Node::Bool(true),
            b"00" => Node::Bool(false),
            line => decimal(line)?,
        },
        op::BININT => Node::Integer(i32::from_le_bytes(cursor.array()?).into()),
        op::BININT1 => Node::Integer(cursor.byte()?.into()),
        op::BININT2 => Node::Integer(u16::from_le_bytes(cursor.array()?).into()),
        op::LONG => {
            let line = cursor.line()?;
            decimal(line.strip_suffix(b"L").unwrap_or(line))?
        }
        op::LONG1 => {
            let count = cursor.byte()?.into();
            long(cursor, count)?
        }
        op::LONG4 => {
            let count = usize::try_from(i32::from_le_bytes(cursor.array()?));
            long(cursor, count.map_err(|_| PythonFault::Malformed)?)?
        }
        op::FLOAT => Node::Float(float(cursor.line()?)?),
        op::BINFLOAT => Node::Float(f64::from_be_bytes(cursor.array()?)),
        op::UNICODE => Node::Text(unescaped(cursor.line()?)?),
        op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 => {
            let count = length(code, cursor)?;
            Node::Text(Cow::Borrowed(cursor.text(count)?))
        }
        op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
            let count = length(code, cursor)?;
            Node::Bytes(cursor.take(count)?)
        }
        op::EMPTY_LIST => Node::List(Vec::new()),
        op::EMPTY_TUPLE => Node::Tuple(Vec::new()),
        op::EMPTY_SET => Node::Set(Vec::new()),
        op::EMPTY_DICT => Node::Dictionary(Vec::new()),
        op::GLOBAL => global(cursor)?,
        op::PERSID | op::BINPERSID | op::EXT1 | op::EXT2 | op::EXT4 => {
            return Err(PythonFault::Refused);
        }
        op::NEXT_BUFFER | op::READONLY_BUFFER => return Err(PythonFault::Refused),
        op::STRING | op::BINSTRING | op::SHORT_BINSTRING => return Err(PythonFault::Refused),
        _ => return Err(PythonFault::Malformed),
    })
}

fn length(code: u8, cursor: &mut Cursor<'_>) -> Result<usize> {
    let length: u64 = match code {
        op::SHORT_BINUNICODE | op::SHORT_BINBYTES => cursor.byte()?.into(),
        op::BINUNICODE | op::BINBYTES => u32::from_le_bytes(cursor.array()?).into(),
        _ => u64::from_le_bytes(cursor.array()?),
    };
    usize::try_from(length).map_err(|_| PythonFault::TooLarge)
}

/// Reads a class or a function by its name, on two lines.
fn global<'b>(cursor: &mut Cursor<'b>) -> Result<Node<'b>> {
    let (module, name) = (cursor.line()?, cursor.line()?);
    Ok(class(utf8(module)?, utf8(name)?))
}

/// Names a class. Protocols up to 2 use Python 2's names for modules.
fn class<'b>(module: &'b str, name: &'b str) -> Node<'b> {
    let module = match module {
        "__builtin__" => "builtins",
        "copy_reg" => "copyreg",
        other => other,
    };
    Node::Class { module, name }
}

fn memo_number(code: u8, cursor: &mut Cursor<'_>) -> Result<u32> {
    match code {
        op::BINPUT | op::BINGET => Ok(cursor.byte()?.into()),
        op::LONG_BINPUT | op::LONG_BINGET => Ok(u32::from_le_bytes(cursor.array()?)),
        _ => {
            let number = utf8(cursor.line()?)?.trim().parse();
            number.map_err(|_| PythonFault::Malformed)
        }
    }
}

fn decimal<'b>(line: &[u8]) -> Result<Node<'b>> {
    let text = utf8(line)?.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(integer) => Ok(Node::Integer(integer)),
        Err(_) if is_integer => Ok(Node::HugeInteger),
        Err(_) => Err(PythonFault::Malformed),
    }
}

/// Reads an integer of this many bytes, the lowest first, with the sign in the highest. Python
/// writes no more bytes than it needs.
fn long<'b>(cursor: &mut Cursor<'_>, count: usize) -> Result<Node<'b>> {
    let bytes = cursor.take(count)?;
    if count > size_of::<i128>() {
        return Ok(Node::HugeInteger);
    }
    let sign = bytes
        .last()
        .map_or(0, |&high| i128::from(high.cast_signed() >> 7));
    let highest_first = bytes.iter().rev();
    let integer = highest_first.fold(sign, |high, &byte| high << 8 | i128::from(byte));
    Ok(Node::Integer(integer))
}

/// Decodes a text of protocol 0: Latin-1, with other characters as `\u0000` or `\U00000000`.
fn unescaped(line: &[u8]) -> Result<Cow<'_, str>> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return utf8(line).map(Cow::Borrowed);
    }
    let mut text = String::new();
    let mut rest = line;
    while let [byte, more @ ..] = rest {
        rest = more;
        let digits = match (byte, more.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(&kept)) => {
                text.extend(['\\', char::from(kept)]);
                rest = more.get(1..).unwrap_or_default();
                continue;
            }
            _ => {
                text.push(char::from(*byte));
                continue;
            }
        };
        let escape = more.split_at_checked(1 + digits);
        let (escape, after) = escape.ok_or(PythonFault::Malformed)?;
        let digits = utf8(escape)?.get(1..).unwrap_or_default();
        let number = u32::from_str_radix(digits, 16).ok();
        text.push(
            number
                .and_then(char::from_u32)
                .ok_or(PythonFault::Malformed)?,
        );
        rest = after;
    }
    Ok(Cow::Owned(text))
}
