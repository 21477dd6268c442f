use super::Parser;
use crate::cel::lexer::TokenKind;
use crate::cel::tree::{Entry, Id, Item, Kind};
use crate::{LoadError, Span};

impl Parser<'_> {
    pub(super) fn list(&mut self, start: Span) -> Result<Id, LoadError> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.is("]") && !self.is(",") {
            let optional = self.take("?");
            items.push(Item { value: self.expression()?, optional });
            if !self.is(",") || self.closes_behind_comma("]") {
                break;
            }
            self.at += 1;
        }
        self.take(",");
        let end = self.expect("]")?;
        let below: Vec<Id> = items.iter().map(|item| item.value).collect();
        self.node(Kind::List(items.into()), start.to(end), &below)
    }

    pub(super) fn map(&mut self, start: Span) -> Result<Id, LoadError> {
        self.at += 1;
        let mut entries = Vec::new();
        while !self.is("}") && !self.is(",") {
            let optional = self.take("?");
            let key = self.expression()?;
            self.expect(":")?;
            entries.push(Entry { key, value: self.expression()?, optional });
            if !self.is(",") || self.closes_behind_comma("}") {
                break;
            }
            self.at += 1;
        }
        self.take(",");
        let end = self.expect("}")?;
        let below: Vec<Id> = entries.iter().flat_map(|entry| [entry.key, entry.value]).collect();
        self.node(Kind::Map(entries.into()), start.to(end), &below)
    }

    fn closes_behind_comma(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(TokenKind::Sign(found)) if *found == sign)
    }
}
