-- Declared by hapair: the roles, with SCRAM verifiers instead of passwords.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

{% for role in roles %}
SELECT 'CREATE ROLE "{{ role.name }}"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{{ role.name }}') \gexec
ALTER ROLE "{{ role.name }}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE{{ " CONNECTION LIMIT " + role.logins if role.logins }} PASSWORD {{ "'" + role.verifier + "'" if role.verifier else "NULL" }};
COMMENT ON ROLE "{{ role.name }}" IS 'declared by hapair';
{% endfor %}
{% if not routesSchema %}
-- Where the routes were here before, their login opens nothing any more.
SELECT 'ALTER ROLE "{{ routesUser }}" NOLOGIN PASSWORD NULL' FROM pg_roles WHERE rolname = '{{ routesUser }}' AND rolcanlogin AND shobj_description(oid, 'pg_authid') = 'declared by hapair' \gexec
{% endif %}

CREATE SCHEMA IF NOT EXISTS hapair;
-- Returns no row for a role that may not log in: PgBouncer takes a row of nulls for a broken configuration. Replaced in
-- place: after a DROP, lookups that are under way fail, and their clients are refused.
BEGIN;
CREATE OR REPLACE FUNCTION hapair.user_lookup(wanted text) RETURNS TABLE (name text, verifier text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = wanted AND rolcanlogin AND NOT rolsuper{{ " AND rolname <> ''" + routesUser + "''" if routesSchema }}';
REVOKE ALL ON FUNCTION hapair.user_lookup(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA hapair TO "{{ lookupUser }}";
GRANT EXECUTE ON FUNCTION hapair.user_lookup(text) TO "{{ lookupUser }}";
COMMIT;

{% if database == "postgres" %}
GRANT ALL ON DATABASE postgres TO "{{ user }}";
GRANT ALL ON SCHEMA public TO "{{ user }}";
{% else %}
SELECT 'CREATE DATABASE "{{ database }}" OWNER "{{ user }}"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{{ database }}') \gexec
{% endif %}
{% if routesSchema %}

-- The agents of the nodes log in here without a pooler, and keep the routes in a schema of their own. Their connections are
-- limited above: however many of them try, the poolers keep theirs.
GRANT CONNECT ON DATABASE "{{ database }}" TO "{{ routesUser }}";
\connect "{{ database }}"
CREATE SCHEMA IF NOT EXISTS "{{ routesSchema }}" AUTHORIZATION "{{ routesUser }}";
{% endif %}
