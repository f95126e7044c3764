//! What a TSDL text says, before names are looked up. `at` is where in the text something begins.

/// A whole metadata text. Blocks are grouped, as they refer to each other whatever their order.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Types declared outside of all blocks.
    pub(super) declarations: Vec<Declaration>,
    pub(super) traces: Vec<Block>,
    pub(super) environments: Vec<Block>,
    pub(super) clocks: Vec<Block>,
    pub(super) streams: Vec<Block>,
    pub(super) events: Vec<Block>,
    pub(super) callsites: Vec<Block>,
}

/// `trace { ... };` and the like.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) at: usize,
    pub(super) entries: Vec<Entry>,
}

/// A statement of a block, or an attribute of a type.
#[derive(Debug)]
pub(super) enum Entry {
    Declaration(Declaration),
    /// `name = value`
    Attribute(Attribute),
    /// `name := type`
    Type {
        at: usize,
        name: String,
        class: Specifiers,
    },
}

/// `name = value`
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) at: usize,
    /// Parts joined by dots: `model.emf.uri`.
    pub(super) name: String,
    pub(super) value: Value,
}

/// Right side of an attribute.
#[derive(Debug)]
pub(super) enum Value {
    Number(Number),
    /// Constant text, or names joined by dots: `clock.monotonic.value`.
    Text(String),
}

/// A constant: -2^63 to 2^64 - 1, or what a writer's sign makes of larger ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) magnitude: u64,
}

/// A type or a field.
#[derive(Debug)]
pub(super) enum Declaration {
    /// `struct name { ... };` outside of structures.
    Type(Specifiers),
    Typedef {
        class: Specifiers,
        declarators: Vec<Declarator>,
    },
    /// `typealias class declarator := name;`
    Alias {
        at: usize,
        class: Specifiers,
        declarator: Declarator,
        name: String,
    },
    /// Fields of a structure, options of a variant.
    Fields {
        class: Specifiers,
        declarators: Vec<Declarator>,
    },
}

/// What comes before a declared name.
#[derive(Debug)]
pub(super) struct Specifiers {
    pub(super) at: usize,
    pub(super) class: Specifier,
}

#[derive(Debug)]
pub(super) enum Specifier {
    /// Name of an alias: `uint32_t`, `unsigned long`.
    Name(String),
    Integer(Vec<Attribute>),
    Float(Vec<Attribute>),
    String(Vec<Attribute>),
    Struct {
        name: Option<String>,
        members: Option<Vec<Declaration>>,
        align: Option<u64>,
    },
    Variant {
        name: Option<String>,
        tag: Option<Vec<String>>,
        options: Option<Vec<Declaration>>,
    },
    Enum {
        name: Option<String>,
        container: Option<Box<Specifiers>>,
        labels: Option<Vec<Label>>,
    },
}

/// `name = first ... last`
#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) range: Option<(Number, Number)>,
}

/// `*name[length]...`
#[derive(Debug, Default)]
pub(super) struct Declarator {
    pub(super) at: usize,
    /// ` *` or ` * const` for each pointer, as the names of aliases have it.
    pub(super) pointers: String,
    pub(super) name: Option<String>,
    /// From left to right: the first is the outermost.
    pub(super) lengths: Vec<Length>,
}

/// What stands between brackets.
#[derive(Debug)]
pub(super) enum Length {
    Static(u64),
    /// The field that holds the length.
    Field(Vec<String>),
}
