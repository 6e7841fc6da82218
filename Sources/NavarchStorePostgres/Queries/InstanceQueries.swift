// SPDX-License-Identifier: MIT

/// Cloud instances.
enum InstanceQueries {
    private static let source = """
        SELECT id, provider, region, zone, instance_type, state, pool_name, created_at, ready_at, terminated_at, node_id, status_message,
               labels FROM instance
        """
    /// A page in order of id. `$1` after, `$2` limit, `$3` provider, `$4` region, `$5` state, `$6` pool.
    static let page = """
        \(source) WHERE id > $1 AND ($3 = '' OR provider = $3) AND ($4 = '' OR region = $4)
          AND ($5 = '' OR state = nullif($5, '')::instance_state) AND ($6 = '' OR pool_name = $6) ORDER BY id LIMIT $2
        """
    /// One instance. `$1` id.
    static let byID = "\(source) WHERE id = $1"
}
