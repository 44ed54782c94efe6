//! Each service has a database and a role of its own, and Postgres refuses the role at every other database.

use std::str::FromStr as _;

use matcha_tests::cluster::Database;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

/// SQLSTATE of "permission denied for database".
const INSUFFICIENT_PRIVILEGE: &str = "42501";

#[tokio::test]
async fn a_service_s_role_is_refused_by_every_database_but_its_own() {
    for role in Database::ALL {
        let options = PgConnectOptions::from_str(role.url()).unwrap();
        let mut own = PgConnection::connect_with(&options)
            .await
            .expect("the role opens its own database");
        let name: String = sqlx::query_scalar("select current_database()")
            .fetch_one(&mut own)
            .await
            .unwrap();
        assert_eq!(name, role.name());

        let others = Database::ALL
            .into_iter()
            .filter(|other| *other != role)
            .map(Database::name);
        for database in others.chain(["postgres", "template1"]) {
            let refused = match PgConnection::connect_with(&options.clone().database(database)).await {
                Ok(_) => panic!("{} opened {database}", role.name()),
                Err(sqlx::Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
                Err(error) => panic!("{} at {database}: {error}", role.name()),
            };
            assert_eq!(refused, INSUFFICIENT_PRIVILEGE, "{} at {database}", role.name());
        }
    }
}

#[tokio::test]
async fn a_service_s_role_is_no_superuser_and_makes_neither_roles_nor_databases() {
    for role in Database::ALL {
        let mut session = PgConnection::connect(role.url()).await.unwrap();
        let rights: (bool, bool, bool, bool) = sqlx::query_as(
            "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user",
        )
        .fetch_one(&mut session)
        .await
        .unwrap();
        assert_eq!(rights, (false, false, false, false), "{}", role.name());
    }
}
