use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use claimgate_core::trust::{
    ClaimMappings, ClaimValidationRule, EmailVerification, ExtraMapping, GroupFilter, GroupsMapping,
    TrustEntry, UidMapping, UsernameMapping, ValidationRule,
};
use regex::Regex;

use super::draft::{Draft, Origin};
use super::issuers::Found;
use crate::decode::{At, Expression};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expressions::Expressions;
use crate::kubernetes::{both, check_no_prefix, duplicate, given};
use crate::sections;

/// What trust entries take from other sections.
pub(super) struct Context {
    pub(super) clock_skew: Duration,
    pub(super) groups: usize,
}

/// The trust entries, one for each draft; `None` for one that cannot be built, whose problems are told.
pub(super) fn compile(
    drafts: &[Draft<'_>],
    issuers: &[Found],
    context: &Context,
    problems: &mut Diagnostics,
) -> Vec<Option<Arc<TrustEntry>>> {
    let by_url: BTreeMap<&str, &Found> =
        issuers.iter().map(|found| (&*found.settings.issuer.url, found)).collect();
    drafts
        .iter()
        .map(|draft| {
            let issuer = by_url.get(draft.url.value.as_str())?.settings.issuer.clone();
            Builder { draft, context, problems }.build(issuer).map(Arc::new)
        })
        .collect()
}

struct Builder<'a> {
    draft: &'a Draft<'a>,
    context: &'a Context,
    problems: &'a mut Diagnostics,
}

impl Builder<'_> {
    fn build(mut self, issuer: Arc<claimgate_core::trust::Issuer>) -> Option<TrustEntry> {
        let kubernetes = self.draft.origin == Origin::Kubernetes;
        let mut expressions = if kubernetes { Expressions::kubernetes() } else { Expressions::claimgate() };
        // What is wrong with a file of Kubernetes was told when it was read.
        let mut told = Diagnostics::new();
        if kubernetes {
            std::mem::swap(self.problems, &mut told);
        }
        let claim_rules = self.claim_validation_rules(&mut expressions);
        let mappings = self.mappings(&mut expressions);
        let user_rules = self.user_validation_rules(&mut expressions);
        if kubernetes {
            std::mem::swap(self.problems, &mut told);
        } else if let Some(place) = expressions.unverified_email() {
            let message =
                "the user name comes from `claims.email`, and no expression looks at `claims.email_verified`";
            let hint = "tokens without `email_verified: true` are refused; say so by `claimValidationRules: [{ expression: \"claims.email_verified == true\" }]`";
            self.problems.push(Diagnostic::error(Code::UnverifiedEmail, &place, message).hint(hint));
        }
        let draft = self.draft;
        Some(TrustEntry {
            name: draft.name.as_str().into(),
            issuer,
            audiences: draft.audiences.iter().map(|audience| audience.value.clone()).collect(),
            token_kinds: draft.token_kinds,
            max_token_age: draft.max_token_age,
            clock_skew: draft.clock_skew.unwrap_or(self.context.clock_skew),
            subject_required: self.subject_required(),
            mappings: self.with_email_rule(mappings?, &expressions),
            claim_validation_rules: claim_rules?,
            user_validation_rules: user_rules?,
            group_filter: self.group_filter()?,
            allow_system: draft.allow_system.iter().map(|name| name.value.clone()).collect(),
        })
    }

    /// `sub` is required unless the user name comes from elsewhere.
    fn subject_required(&self) -> bool {
        let username = self.draft.mappings.and_then(|mappings| mappings.username.as_ref());
        username.is_none_or(|username| username.claim.as_ref().is_some_and(|claim| claim.value == "sub"))
    }

    fn with_email_rule(&self, mut mappings: ClaimMappings, expressions: &Expressions) -> ClaimMappings {
        let by_claim =
            matches!(&mappings.username, UsernameMapping::Claim { claim, .. } if &**claim == "email");
        mappings.email = match (by_claim, self.draft.origin) {
            (true, Origin::Kubernetes) => EmailVerification::UnlessAbsent,
            (true, Origin::Claimgate) => EmailVerification::Required,
            (false, _) => expressions.email_verification(),
        };
        mappings
    }

    fn claim_validation_rules(&mut self, expressions: &mut Expressions) -> Option<Vec<ClaimValidationRule>> {
        let rules = self.draft.claim_validation_rules;
        let mut built = Vec::with_capacity(rules.len());
        if self.draft.origin == Origin::Claimgate {
            // The checks that both kinds of file share; they compile as well, with the same complaints.
            let mut scratch = Expressions::claimgate();
            let mut found = Diagnostics::new();
            crate::kubernetes::check_claim_validation_rules(rules, &mut scratch, &mut found);
            self.take_structural(found);
        }
        for rule in rules {
            if let Some(claim) = given(rule.claim.as_ref()) {
                let value =
                    rule.required_value.as_ref().map(|value| value.value.as_str()).unwrap_or_default();
                built.push(Some(ClaimValidationRule::RequiredValue {
                    claim: claim.value.as_str().into(),
                    value: value.into(),
                }));
            } else if let Some(expression) = &rule.expression {
                let compiled = expressions.claim_validation(expression, self.problems);
                built.push(compiled.map(|compiled| {
                    ClaimValidationRule::Expression(validation_rule(
                        compiled,
                        expression,
                        rule.message.as_ref(),
                    ))
                }));
            }
        }
        built.into_iter().collect()
    }

    fn user_validation_rules(&mut self, expressions: &mut Expressions) -> Option<Vec<ValidationRule>> {
        let rules = self.draft.user_validation_rules;
        if self.draft.origin == Origin::Claimgate {
            let mut scratch = Expressions::claimgate();
            let mut found = Diagnostics::new();
            crate::kubernetes::check_user_validation_rules(rules, &mut scratch, &mut found);
            self.take_structural(found);
        }
        rules
            .iter()
            .filter_map(|rule| Some((rule, rule.expression.as_ref()?)))
            .map(|(rule, expression)| {
                let compiled = expressions.user_validation(expression, self.problems)?;
                Some(validation_rule(compiled, expression, rule.message.as_ref()))
            })
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    }

    /// Everything but the problems of expressions, which are told where these are compiled to be used.
    fn take_structural(&mut self, found: Diagnostics) {
        for problem in found.problems() {
            if !matches!(problem.code, Code::Expression | Code::KubernetesRefuses) {
                self.problems.push(problem.clone());
            }
        }
    }

    fn mappings(&mut self, expressions: &mut Expressions) -> Option<ClaimMappings> {
        let mappings = self.draft.mappings?;
        let username = self.username(mappings, expressions);
        let groups = self.groups(mappings, expressions);
        let uid = self.uid(mappings, expressions);
        let extra = self.extra(mappings, expressions);
        Some(ClaimMappings {
            username: username?,
            groups: groups?,
            uid: uid?,
            extra: extra?,
            email: EmailVerification::NotNeeded,
        })
    }

    fn username(
        &mut self,
        mappings: &sections::ClaimMappings,
        all: &mut Expressions,
    ) -> Option<UsernameMapping> {
        let default_prefix = format!("{}:", self.draft.name);
        let Some(username) = &mappings.username else {
            return Some(UsernameMapping::Claim { claim: "sub".into(), prefix: default_prefix.into() });
        };
        match self.claim_or_expression(
            username.claim.as_ref(),
            username.expression.as_ref(),
            &username.place,
        )? {
            Either::Claim(claim) => {
                let prefix = username.prefix.as_ref().map_or(default_prefix, |prefix| prefix.value.clone());
                Some(UsernameMapping::Claim { claim: claim.value.as_str().into(), prefix: prefix.into() })
            }
            Either::Expression(expression) => {
                if self.draft.origin == Origin::Claimgate {
                    check_no_prefix(username, self.problems);
                }
                all.username(expression, self.problems).map(UsernameMapping::Expression)
            }
        }
    }

    fn groups(
        &mut self,
        mappings: &sections::ClaimMappings,
        all: &mut Expressions,
    ) -> Option<Option<GroupsMapping>> {
        let Some(groups) = &mappings.groups else { return Some(None) };
        let empty = given(groups.claim.as_ref()).is_none() && written(groups.expression.as_ref()).is_none();
        if empty && self.draft.origin == Origin::Kubernetes {
            return Some(None);
        }
        match self.claim_or_expression(groups.claim.as_ref(), groups.expression.as_ref(), &groups.place)? {
            Either::Claim(claim) => {
                let prefix = groups.prefix.as_ref().map(|prefix| prefix.value.as_str()).unwrap_or_default();
                Some(Some(GroupsMapping::Claim { claim: claim.value.as_str().into(), prefix: prefix.into() }))
            }
            Either::Expression(expression) => {
                if self.draft.origin == Origin::Claimgate {
                    check_no_prefix(groups, self.problems);
                }
                all.groups(expression, self.problems).map(|rule| Some(GroupsMapping::Expression(rule)))
            }
        }
    }

    fn uid(
        &mut self,
        mappings: &sections::ClaimMappings,
        all: &mut Expressions,
    ) -> Option<Option<UidMapping>> {
        let Some(uid) = &mappings.uid else { return Some(None) };
        let empty = given(uid.claim.as_ref()).is_none() && written(uid.expression.as_ref()).is_none();
        if empty && self.draft.origin == Origin::Kubernetes {
            return Some(None);
        }
        match self.claim_or_expression(uid.claim.as_ref(), uid.expression.as_ref(), &uid.place)? {
            Either::Claim(claim) => Some(Some(UidMapping::Claim(claim.value.as_str().into()))),
            Either::Expression(source) => {
                all.uid(source, self.problems).map(|rule| Some(UidMapping::Expression(rule)))
            }
        }
    }

    fn extra(
        &mut self,
        mappings: &sections::ClaimMappings,
        all: &mut Expressions,
    ) -> Option<Vec<ExtraMapping>> {
        if self.draft.origin == Origin::Claimgate {
            let mut found = Diagnostics::new();
            crate::kubernetes::check_extra(&mappings.extra, &mut Expressions::claimgate(), &mut found);
            self.take_structural(found);
        }
        let mut keys = BTreeSet::new();
        let mut built = Vec::new();
        for mapping in mappings.extra.iter().filter(|mapping| keys.insert(mapping.key.value.as_str())) {
            let Some(expression) = &mapping.value_expression else { continue };
            let rule = all.extra(expression, self.problems);
            built.push(rule.map(|value| ExtraMapping { key: mapping.key.value.as_str().into(), value }));
        }
        built.into_iter().collect()
    }

    /// The one of the two that is given.
    fn claim_or_expression<'e>(
        &mut self,
        claim: Option<&'e At<String>>,
        expression: Option<&'e Expression>,
        place: &crate::Place,
    ) -> Option<Either<'e>> {
        match (given(claim), written(expression)) {
            (Some(claim), None) => return Some(Either::Claim(claim)),
            (None, Some(expression)) => return Some(Either::Expression(expression)),
            (Some(_), Some(expression)) => self.problems.push(both(&expression.place)),
            (None, None) => {
                self.problems.push(Diagnostic::error(
                    Code::MissingKey,
                    place,
                    "`claim` or `expression` is missing",
                ));
            }
        }
        None
    }

    fn group_filter(&mut self) -> Option<GroupFilter> {
        let Some(filter) = self.draft.groups else {
            return Some(GroupFilter { cap: self.context.groups, ..GroupFilter::default() });
        };
        let pattern = match &filter.pattern {
            None => None,
            Some(pattern) => Some(Regex::new(&format!("^(?:{})$", pattern.value)).ok()?),
        };
        let texts = |texts: &[At<String>]| texts.iter().map(|text| text.value.clone()).collect();
        let mut rename = BTreeMap::new();
        for (from, to) in &filter.rename.entries {
            if rename.insert(from.value.clone(), to.value.clone()).is_some() {
                self.problems.push(duplicate(from, "group"));
            }
        }
        let cap = filter.cap.as_ref().map(|cap| usize::try_from(cap.value).unwrap_or(usize::MAX));
        Some(GroupFilter {
            allow: filter.allow.as_deref().map(texts),
            deny: filter.deny.iter().map(|text| text.value.clone()).collect(),
            pattern,
            prefix: filter.prefix.as_ref().map(|prefix| prefix.value.clone()).unwrap_or_default(),
            rename,
            cap: cap.unwrap_or(self.context.groups),
        })
    }
}

/// An expression that is not empty: an empty one counts as absent, as in Kubernetes.
fn written(expression: Option<&Expression>) -> Option<&Expression> {
    expression.filter(|expression| !expression.text.is_empty())
}

enum Either<'e> {
    Claim(&'e At<String>),
    Expression(&'e Expression),
}

fn validation_rule(
    expression: Arc<claimgate_rules::cel::Rule>,
    source: &Expression,
    message: Option<&At<String>>,
) -> ValidationRule {
    let message = given(message).map_or(source.text.as_str(), |message| message.value.as_str());
    ValidationRule { expression, message: message.into() }
}
