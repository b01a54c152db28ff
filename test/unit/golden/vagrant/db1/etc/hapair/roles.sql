-- Declared by hapair: the roles, with SCRAM verifiers instead of passwords.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT 'CREATE ROLE "app"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') \gexec
ALTER ROLE "app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '[secret]';
COMMENT ON ROLE "app" IS 'declared by hapair';
SELECT 'CREATE ROLE "hapair_probe"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hapair_probe') \gexec
ALTER ROLE "hapair_probe" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '[secret]';
COMMENT ON ROLE "hapair_probe" IS 'declared by hapair';
SELECT 'CREATE ROLE "hapair_pooler"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hapair_pooler') \gexec
ALTER ROLE "hapair_pooler" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD NULL;
COMMENT ON ROLE "hapair_pooler" IS 'declared by hapair';
-- Where the routes were here before, their login opens nothing any more.
SELECT 'ALTER ROLE "hapair_routes" NOLOGIN PASSWORD NULL' FROM pg_roles WHERE rolname = 'hapair_routes' AND rolcanlogin AND shobj_description(oid, 'pg_authid') = 'declared by hapair' \gexec

CREATE SCHEMA IF NOT EXISTS hapair;
-- Returns no row for a role that may not log in: PgBouncer takes a row of nulls for a broken configuration. Replaced in
-- place: after a DROP, lookups that are under way fail, and their clients are refused.
BEGIN;
CREATE OR REPLACE FUNCTION hapair.user_lookup(wanted text) RETURNS TABLE (name text, verifier text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = wanted AND rolcanlogin AND NOT rolsuper';
REVOKE ALL ON FUNCTION hapair.user_lookup(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA hapair TO "hapair_pooler";
GRANT EXECUTE ON FUNCTION hapair.user_lookup(text) TO "hapair_pooler";
COMMIT;

GRANT ALL ON DATABASE postgres TO "app";
GRANT ALL ON SCHEMA public TO "app";
