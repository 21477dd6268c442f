use claimgate_crypto::Algorithm;
use claimgate_testkit::{Issuer, TokenBuilder};
use serde_json::{Value, json};

use crate::world::{Ask, World};

/// What a token says of the address, in the order of the expectations below.
fn verified() -> [Value; 5] {
    [json!(true), json!(false), json!("true"), json!(1), Value::Null]
}

/// An address is a user name only if the provider says that it is verified; silence is no word.
#[tokio::test]
async fn an_address_that_is_not_verified_is_no_user_name() {
    let rule = "claimValidationRules: [{ expression: \"claims.?email_verified.orValue(true) == true\" }]";
    for (username, more, allowed) in [
        ("{ claim: email, prefix: \"\" }", "", [true, false, false, false, false]),
        // Another spelling evades nothing, and no check of one's own is needed.
        ("{ expression: \"claims['email']\" }", "", [true, false, false, false, false]),
        ("{ expression: \"claims[?'email'].orValue('x')\" }", "", [true, false, false, false, false]),
        ("{ expression: \"dyn(claims)['email']\" }", "", [true, false, false, false, false]),
        ("{ expression: \"claims['em' + 'ail']\" }", "", [true, false, false, false, false]),
        ("{ expression: \"dyn(claims)['sub']\" }", "", [true; 5]),
        // Who looks at the claim has decided.
        ("{ expression: claims.email }", rule, [true, false, false, false, true]),
        // It is no user name.
        ("{ claim: sub, prefix: \"\" }", "", [true; 5]),
    ] {
        let issuer = Issuer::new("https://a.example", Algorithm::Es256);
        let config = format!(
            "jwt:\n  - name: a\n    issuer: {{ url: https://a.example, audiences: [claimgate] }}\n    {more}\n    \
             claimMappings: {{ username: {username} }}\nroutes: [{{ name: app, accept: all, allow: authenticated }}]\n"
        );
        let world = World::new(&config, &[&issuer]);
        for (verified, allowed) in verified().into_iter().zip(allowed) {
            let token = issuer.token().claim("email", "jane@a.example");
            let token = with_verified(token, &verified);
            let verdict = world.verdict(&Ask::get("/").bearer(&token.sign())).await;
            let expected = if allowed { Ok(()) } else { Err("claims_rejected") };
            assert_eq!(verdict.map(|_| ()), expected, "{username} {verified}");
        }
    }
}

/// A file of Kubernetes means what it means there, apart from the spelling that evades its rule.
#[tokio::test]
async fn an_address_in_a_file_of_kubernetes_is_judged_as_there() {
    for (username, allowed) in [
        ("{ claim: email, prefix: \"\" }", [true, false, false, false, true]),
        ("{ expression: \"claims['email']\" }", [true, false, false, false, false]),
        ("{ expression: \"dyn(claims)['email']\" }", [true, false, false, false, false]),
    ] {
        let issuer = Issuer::new("https://a.example", Algorithm::Es256);
        let config = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n  \
             - issuer: {{ url: https://a.example, audiences: [claimgate] }}\n    \
             claimMappings: {{ username: {username} }}\n"
        );
        let world = World::of_kubernetes(&config, &[&issuer]);
        for (verified, allowed) in verified().into_iter().zip(allowed) {
            let token = issuer.token().claim("email", "jane@a.example");
            let token = with_verified(token, &verified);
            let verdict = world.verdict(&Ask::get("/").bearer(&token.sign())).await;
            let expected = if allowed { Ok(()) } else { Err("claims_rejected") };
            assert_eq!(verdict.map(|_| ()), expected, "{username} {verified}");
        }
    }
}

fn with_verified<'a>(token: TokenBuilder<'a>, verified: &Value) -> TokenBuilder<'a> {
    match verified {
        Value::Null => token,
        Value::Bool(value) => token.claim("email_verified", *value),
        Value::String(text) => token.claim("email_verified", text.as_str()),
        _ => token.claim("email_verified", 1_i64),
    }
}
