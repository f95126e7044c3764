//! A [`ContextTrie`] as columns, for files.
//!
//! Nodes come level by level, the children of a node side by side, the most frequent first (then by token): the order
//! of [`ContextTrie::freeze`]. It depends on the counts alone, not on the order in which they were learned.

use crate::model::ngram_trie::{ContextTrie, MAX_ORDER, NONE, NodeData, PROGRAM_ORDER, ROOT};
use crate::model::token::Token;

/// One row a node, the empty context first. `N` = nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrieColumns {
    /// `[N]` row of the node without its newest token; lower than the node's own row.
    pub(crate) parent: Vec<u32>,
    /// `[N]` row of the node without its oldest token; lower than the node's own row.
    pub(crate) link: Vec<u32>,
    /// `[N]` newest token.
    pub(crate) token: Vec<Token>,
    /// `[N]` occurrences.
    pub(crate) count: Vec<u32>,
    /// `[N]` occurrences after which the CPU's next event is known.
    pub(crate) followed: Vec<u32>,
    /// `[N]` those after which it was another thread's.
    pub(crate) switched: Vec<u32>,
}

/// What is impossible about a column: its name, and why.
pub(crate) type ColumnError = (&'static str, String);

impl ContextTrie {
    /// All columns, in the order of [`ContextTrie::freeze`].
    pub(crate) fn to_columns(&self) -> TrieColumns {
        let order = self.canonical_order();
        let mut row = vec![0u32; order.len()];
        for (place, &node) in order.iter().enumerate() {
            row[node as usize] = place as u32;
        }
        let mut columns = TrieColumns { parent: vec![0; order.len()], ..TrieColumns::default() };
        for &node in &order {
            for child in self.children(node) {
                columns.parent[row[child as usize] as usize] = row[node as usize];
            }
            let data = self.node(node);
            columns.link.push(row[data.link as usize]);
            columns.token.push(data.token);
            columns.count.push(data.count);
            columns.followed.push(data.followed);
            columns.switched.push(data.switched);
        }
        columns
    }

    /// The trie of these columns, frozen. `is_program` says of each token whether it stands for a program.
    ///
    /// Time and memory are linear in the columns, whatever they hold.
    pub(crate) fn from_columns(columns: &TrieColumns, is_program: &[bool]) -> Result<Self, ColumnError> {
        let rows = columns.token.len();
        for (name, column) in [
            ("parent", &columns.parent),
            ("link", &columns.link),
            ("count", &columns.count),
            ("followed", &columns.followed),
            ("switched", &columns.switched),
        ] {
            if column.len() != rows {
                return Err((name, format!("it has {} rows, `token` {rows}", column.len())));
            }
        }
        if rows == 0 || rows >= NONE as usize {
            return Err(("token", format!("{rows} rows")));
        }
        let mut nodes: Vec<NodeData> = Vec::with_capacity(rows);
        nodes.push(NodeData::new(0, ROOT, 0));
        if (columns.parent[0], columns.link[0], columns.token[0], columns.count[0]) != (ROOT, ROOT, 0, 0) {
            return Err(("parent", "row 0 is not the empty context".to_owned()));
        }
        let mut below_program = vec![false; rows];
        // Parent of whom each token was last seen as a child.
        let mut child_of = vec![NONE; is_program.len()];
        for row in 1..rows {
            let (parent, link, token) = (columns.parent[row], columns.link[row], columns.token[row]);
            let fail = |name, what: &str| Err((name, format!("row {row}: {what}")));
            if parent as usize >= row || (row > 1 && parent < columns.parent[row - 1]) {
                return fail("parent", "out of order");
            }
            let Some(&program) = is_program.get(token as usize) else {
                return fail("token", "no such token");
            };
            if program && parent != ROOT {
                return fail("token", "a program inside of a context");
            }
            if std::mem::replace(&mut child_of[token as usize], parent) == parent {
                return fail("token", "twice after the same context");
            }
            let rank = |row: usize| (std::cmp::Reverse(columns.count[row]), columns.token[row]);
            if row > 1 && parent == columns.parent[row - 1] && rank(row - 1) > rank(row) {
                return fail("count", "out of order");
            }
            let up = &nodes[parent as usize];
            let (depth, right_link) = match (parent, up.depth) {
                (ROOT, _) => (u8::from(!program), link == ROOT),
                (_, 0) => (1, link == parent),
                (_, depth) => (
                    depth + 1,
                    (link as usize) < row
                        && columns.token[link as usize] == token
                        && link != ROOT
                        && columns.parent[link as usize] == up.link,
                ),
            };
            if !right_link {
                return fail("link", "not the context without its oldest token");
            }
            let below = below_program[parent as usize] || (parent != ROOT && up.depth == 0);
            below_program[row] = below;
            if usize::from(depth) > 1 + if below { PROGRAM_ORDER } else { MAX_ORDER } {
                return fail("parent", "longer than any context");
            }
            if columns.switched[row] > columns.followed[row] {
                return fail("switched", "more than `followed`");
            }
            let mut node = NodeData::new(token, link, depth);
            let count = columns.count[row];
            node.count = count;
            nodes.push(node);
            if parent == columns.parent[row - 1] && row > 1 {
                nodes[row - 1].next = row as u32;
            } else {
                nodes[parent as usize].first = row as u32;
            }
            let up = &mut nodes[parent as usize];
            up.total = up.total.saturating_add(count);
            up.distinct = up.distinct.saturating_add(1);
        }
        if columns.switched[0] > columns.followed[0] {
            return Err(("switched", "row 0: more than `followed`".to_owned()));
        }
        for (row, node) in nodes.iter_mut().enumerate() {
            node.followed = columns.followed[row];
            node.switched = columns.switched[row];
        }
        Ok(Self::from_nodes(nodes))
    }
}
