use std::sync::Arc;

use super::{Document, Node, Value, build};

/// How to come to each value of a document, by its number.
///
/// Nobody needs it while nothing is wrong, so it is found by reading the text once more.
pub(crate) struct Paths(Vec<Step>);

struct Step {
    parent: u32,
    segment: Segment,
}

enum Segment {
    Root,
    Key(Box<str>),
    Index(usize),
}

impl Paths {
    pub(crate) fn of(document: &Arc<Document>) -> &Self {
        document.paths.get_or_init(|| {
            let mut paths = Self(Vec::new());
            if let Ok(Some(root)) = build::build(document) {
                paths.add(&root, 0, Segment::Root);
            }
            paths
        })
    }

    /// The path of value `node`, such as `jwt[0].issuer.url`.
    pub(crate) fn path(&self, node: u32) -> String {
        let mut steps = Vec::new();
        let mut node = node;
        while let Some(Step { parent, segment }) = self.0.get(node as usize)
            && !matches!(segment, Segment::Root)
        {
            steps.push(segment);
            node = *parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Segment::Root => {}
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
                Segment::Key(key) if path.is_empty() => path.push_str(key),
                Segment::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
            }
        }
        path
    }

    /// Adds a value and all below it, in the order of their numbers.
    fn add(&mut self, node: &Node<'_>, parent: u32, segment: Segment) {
        self.0.push(Step { parent, segment });
        match &node.value {
            Value::Scalar(_) => {}
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.add(item, node.spot.node, Segment::Index(index));
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    self.add(&entry.value, node.spot.node, Segment::Key(entry.key.as_ref().into()));
                }
            }
        }
    }
}
