use claimgate_core::decision::{Decision, DenyReason};

use crate::{Signer, decide, gate};

const TWO_ENTRIES: &str = "
version: 1
jwt:
  - name: one
    issuer: { url: https://issuer.example, audiences: [a] }
  - name: two
    issuer: { url: https://issuer.example, audiences: [b] }
routes:
  - { name: all, accept: all, allow: authenticated }
";

/// Two entries of one issuer with audiences of their own may stand on one route. A token for both is
/// nobody's: which mapping it gets must not hang on the order of the file.
#[tokio::test]
async fn a_token_that_fits_two_entries_is_refused() {
    let signer = Signer::new();
    let gate = gate(TWO_ENTRIES, &signer.keys()).unwrap();
    for (audience, expected) in [
        (r#""a""#, Ok("one:ann")),
        (r#""b""#, Ok("two:ann")),
        (r#"["b","x"]"#, Ok("two:ann")),
        (r#"["a","b"]"#, Err("the token fits `jwt/one` and `jwt/two` alike")),
        (r#"["b","a"]"#, Err("the token fits `jwt/one` and `jwt/two` alike")),
        (r#""c""#, Err("the token is for [\"c\"]")),
    ] {
        let claims =
            format!(r#"{{"iss":"https://issuer.example","aud":{audience},"exp":1800000300,"sub":"ann"}}"#);
        let decided = decide(&gate, &signer.sign(&claims)).await;
        let found = match &decided.decision {
            Decision::Allow(_) => Ok(decided.identity.as_ref().unwrap().username()),
            Decision::Deny(denial) if denial.reason == DenyReason::WrongAudience => Err(&*denial.detail),
            other => panic!("{audience}: {other:?}"),
        };
        assert_eq!(found, expected, "{audience}");
    }
}
