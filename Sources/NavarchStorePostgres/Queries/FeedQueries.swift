// SPDX-License-Identifier: MIT

/// The change feed (C22).
enum FeedQueries {
    /// Lets one sequencer in at a time; a statement of its own, so that the next one's snapshot is younger than the lock.
    static let lockHead: StaticString = "SELECT pos FROM feed_head FOR UPDATE"
    /// Gives positions in id order; `pos IS NULL` in the update too, so that `event_unsequenced` serves it. `$1` limit.
    static let sequence: StaticString = """
        WITH n AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) r
                                  FROM (SELECT id FROM event WHERE pos IS NULL ORDER BY id LIMIT $1) s),
             h AS (UPDATE feed_head SET pos = pos + (SELECT count(*) FROM n) WHERE EXISTS (SELECT 1 FROM n)
                   RETURNING pos - (SELECT count(*) FROM n) AS base)
        UPDATE event e SET pos = h.base + n.r FROM n, h WHERE e.id = n.id AND e.pos IS NULL
        """
    /// Incarnation, last position, and up to where events are gone.
    static let head: StaticString = "SELECT d.id, h.pos, h.pruned_to FROM feed_head h, database_incarnation d"
    /// `$1` after, `$2` limit.
    static let after: StaticString = """
        SELECT e.pos, e.type, n.id, e.command_id, e.actor, e.occurred_at FROM event e JOIN node n ON n.key = e.node_key
         WHERE e.pos > $1 ORDER BY e.pos LIMIT $2
        """
}
