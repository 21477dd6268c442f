use crate::decode::{At, Expression, Named, section};

section! {
    /// A rule that a token's claims must meet: a claim with its value, or an expression.
    pub struct ClaimValidationRule {
        /// A claim.
        "claim" claim: Option<At<String>> = optional,
        /// What the claim must be, to the letter. Without it, the empty text.
        "requiredValue" required_value: Option<At<String>> = optional,
        /// A CEL expression over `claims` that must be true.
        "expression" expression: Option<Expression> = optional,
        /// What the refusal says in audit and `explain`.
        "message" message: Option<At<String>> = optional,
    }
}

section! {
    /// From claims to an identity.
    pub struct ClaimMappings {
        /// The user name.
        "username" username: Option<PrefixedClaimOrExpression> = optional,
        /// The groups; none without it.
        "groups" groups: Option<PrefixedClaimOrExpression> = optional,
        /// The uid; empty without it.
        "uid" uid: Option<ClaimOrExpression> = optional,
        /// Extra attributes.
        "extra" extra: Vec<ExtraMapping> = optional,
    }
}

section! {
    /// A claim with a prefix, or an expression.
    pub struct PrefixedClaimOrExpression {
        /// A claim.
        "claim" claim: Option<At<String>> = optional,
        /// What stands in front of the claim's value. Without it `<entry>:`; `""` is no prefix.
        "prefix" prefix: Option<At<String>> = optional,
        /// A CEL expression over `claims`.
        "expression" expression: Option<Expression> = optional,
    }
}

section! {
    /// A claim, or an expression.
    pub struct ClaimOrExpression {
        /// A claim.
        "claim" claim: Option<At<String>> = optional,
        /// A CEL expression over `claims`.
        "expression" expression: Option<Expression> = optional,
    }
}

section! {
    /// An extra attribute of the identity.
    pub struct ExtraMapping {
        /// Its key: a domain, `/`, a path, in lower case.
        "key" key: At<String> = default(""),
        /// A CEL expression over `claims` that yields a text or a list of texts.
        "valueExpression" value_expression: Option<Expression> = optional,
    }
}

section! {
    /// A rule that the identity must meet.
    pub struct UserValidationRule {
        /// A CEL expression over `user` that must be true.
        "expression" expression: Option<Expression> = optional,
        /// What the refusal says in audit and `explain`.
        "message" message: Option<At<String>> = optional,
    }
}

section! {
    /// What becomes of the mapped groups, in the order of these keys.
    pub struct GroupFilter {
        /// Only these groups stay.
        "allow" allow: Option<Vec<At<String>>> = optional,
        /// These groups are left out.
        "deny" deny: Vec<At<String>> = optional,
        /// Only groups that fit this regular expression as a whole stay.
        "pattern" pattern: Option<At<String>> = optional,
        /// Stands in front of each.
        "prefix" prefix: Option<At<String>> = optional,
        /// New names, by the names with prefix.
        "rename" rename: Named<String, At<String>> = optional,
        /// The largest number of groups; a token with more is refused. Without it `limits.groups`.
        "cap" cap: Option<At<u64>> = optional,
    }
}
