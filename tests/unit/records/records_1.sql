BEGIN TRANSACTION;
CREATE TABLE agents (
	id VARCHAR(64) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	password_hash VARCHAR(255), 
	created_at INTEGER NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (email)
);
INSERT INTO "agents" VALUES('a1','anna@example.com','Anna',NULL,1790000000000,0);
CREATE TABLE customers (
	visitor_id VARCHAR(64) NOT NULL, 
	email VARCHAR(254), 
	name VARCHAR(100), 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (visitor_id)
);
CREATE TABLE inbox (
	id VARCHAR(64) NOT NULL, 
	inbox VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	closed BOOLEAN NOT NULL, 
	agent_id VARCHAR(64), 
	waiting_since BIGINT, 
	updated_at BIGINT NOT NULL, 
	last_offset INTEGER NOT NULL, 
	summary TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "inbox" VALUES('c1','support','waiting',0,NULL,1790000000000,1790000000000,2,'{"id":"c1"}');
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE sessions (
	id VARCHAR(64) NOT NULL, 
	secret_hash VARCHAR(64) NOT NULL, 
	agent_id VARCHAR(64) NOT NULL, 
	created_at INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	ends_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (secret_hash)
);
CREATE TABLE sign_in_links (
	secret_hash VARCHAR(64) NOT NULL, 
	agent_id VARCHAR(64) NOT NULL, 
	ends_at INTEGER NOT NULL, 
	PRIMARY KEY (secret_hash)
);
CREATE TABLE visitor_families (
	family VARCHAR(64) NOT NULL, 
	visitor_id VARCHAR(64) NOT NULL, 
	issued INTEGER NOT NULL, 
	confirmed INTEGER NOT NULL, 
	confirmed_at INTEGER NOT NULL, 
	revoked BOOLEAN NOT NULL, 
	PRIMARY KEY (family)
);
CREATE INDEX sessions_by_agent ON sessions (agent_id);
CREATE INDEX inbox_by_agent ON inbox (inbox, agent_id, state, updated_at, id);
CREATE INDEX inbox_by_change ON inbox (inbox, closed, updated_at, id);
CREATE INDEX inbox_by_wait ON inbox (inbox, state, waiting_since, id);
CREATE INDEX customers_by_email ON customers (email);
COMMIT;
