// SPDX-License-Identifier: MIT
import Testing

@testable import Migrations

@Suite struct SQLStatementTests {
    @Test(arguments: [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT 'a;b'; SELECT 2;", ["SELECT 'a;b'", "SELECT 2"]),
        ("SELECT 'it''s; one'; SELECT 2", ["SELECT 'it''s; one'", "SELECT 2"]),
        (#"SELECT E'a\';b'; SELECT 2"#, [#"SELECT E'a\';b'"#, "SELECT 2"]),
        (#"SELECT 'a\'; SELECT 2"#, [#"SELECT 'a\'"#, "SELECT 2"]),
        (#"SELECT 1 AS "a;""b"; SELECT 2"#, [#"SELECT 1 AS "a;""b""#, "SELECT 2"]),
        ("-- one; two\nSELECT 1 -- three;\n; /* ; /* ; */ ; */ SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("DO $$ BEGIN; END $$; SELECT 2", ["DO $$ BEGIN; END $$", "SELECT 2"]),
        ("DO $x$ $$ ; $$ ; $x$; SELECT 2", ["DO $x$ $$ ; $$ ; $x$", "SELECT 2"]),
        ("PREPARE p AS SELECT $1; SELECT a$b$c", ["PREPARE p AS SELECT $1", "SELECT a$b$c"]),
        (
            "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; DELETE FROM v); SELECT 2",
            ["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; DELETE FROM v)", "SELECT 2"]
        ),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; SELECT 2",
            ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END", "SELECT 2"]
        ),
        (";;\n -- nothing\n;", []),
    ])
    func textIsSplitWhereTheServerWouldEndAStatement(_ text: String, _ expected: [String]) throws {
        #expect(try SQLStatement.split(text).map(\.text) == expected)
    }

    @Test(arguments: [
        ("SELECT 'a", "a string", 7), ("SELECT \"a", "a quoted name", 7), ("SELECT /* /* */ 1", "a comment", 7),
        ("DO $a$ $b$", "a dollar-quoted string", 3),
    ])
    func whatIsNotClosedIsToldWithItsPlace(_ text: String, _ what: String, _ offset: Int) {
        #expect(throws: SQLTextError(unclosed: what, offset: offset)) { try SQLStatement.split(text) }
    }

    @Test func statementsKnowTheirLine() throws {
        let statements = try SQLStatement.split("-- header\n\nSELECT 1;\n\n-- note\nSELECT\n 2;")
        #expect(statements.map(\.line) == [3, 6])
        #expect(statements.last?.excerpt() == "SELECT 2")
    }
}
