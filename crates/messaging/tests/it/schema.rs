//! The tables of `schema.sql` are the ones that the migrations of every service create.

use std::path::Path;

use messaging::postgres;
use sqlx::{PgPool, migrate::Migrator};
use testing::Stores;

/// Columns and indexes of the crate's tables, one to a line.
async fn tables(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select format('%s.%s %s %s %s %s', table_name, column_name, data_type, is_nullable, column_default, is_identity)
         from information_schema.columns
         where table_schema = 'public' and table_name in ('outbox', 'outbox_unrouted', 'inbox')
         union all
         select indexdef from pg_indexes
         where schemaname = 'public' and tablename in ('outbox', 'outbox_unrouted', 'inbox')
         order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_migrations_of_every_service_create_the_tables_of_this_crate() {
    let stores = Stores::shared();
    let pool = postgres::pool(&stores.database("schema").await, 1).unwrap();
    sqlx::raw_sql(include_str!("../schema.sql"))
        .execute(&pool)
        .await
        .unwrap();
    let expected = tables(&pool).await;
    assert_eq!(expected.len(), 23, "{expected:#?}");

    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut compared = 0;
    for service in std::fs::read_dir(services).unwrap() {
        let migrations = service.unwrap().path().join("migrations");
        if !migrations.exists() {
            continue;
        }
        let pool = postgres::pool(&stores.database("migrations").await, 1).unwrap();
        Migrator::new(migrations.as_path())
            .await
            .unwrap()
            .run(&pool)
            .await
            .unwrap();
        assert_eq!(tables(&pool).await, expected, "{}", migrations.display());
        compared += 1;
    }
    assert!(compared > 0, "there are services with migrations");
}
