// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

extension StoreConformance {
    static let issuing = [
        ConformanceCase("an issued command comes back as it was asked for") { store in
            let node = try await registered("n-1", in: store)
            let command = try await issue(store, request(key: "k"), for: node)
            try same(command.state, .queued)
            try same(command.parameters, ["test": "disk"])
            try same(command.notAfter - command.issuedAt >= .seconds(3599), true)
            try same(command.runTimeout, .seconds(3600))
            try same(try await store.command(command.id), command)
            try await fails(.notFound) { try await store.command(CommandID(UUID())) }
            try await fails(.notFound) { try await store.issue(request(), for: "x", id: CommandID(UUID())) }
        },
        ConformanceCase("the same key makes one command; with another request it is refused (C13)") { store in
            let node = try await registered("n-1", in: store)
            let outcomes = try await withThrowingTaskGroup(of: IssueOutcome.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await store.issue(request(key: "k"), for: node.id, id: CommandID(UUID())) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try same(Set(outcomes.map(\.command.id)).count, 1)
            try same(outcomes.count { !$0.wasRepeated }, 1)
            var other = request(key: "k")
            other.parameters = ["test": "memory"]
            try await fails(.conflict) { [other] in try await store.issue(other, for: node.id, id: CommandID(UUID())) }
        },
        ConformanceCase("the same id is the replica's own retry and makes one command") { store in
            let node = try await registered("n-1", in: store)
            let id = CommandID(UUID())
            let first = try await store.issue(request(), for: node.id, id: id)
            let again = try await store.issue(request(), for: node.id, id: id)
            try same(first, again)
            try same(try await store.commands(CommandFilter(), limit: 10, after: nil).elements.count, 1)
        },
        ConformanceCase(
            "cordon and uncordon take effect at once; a repeat answers as before, though the state refuses it now (C14)"
        ) { store in
            let node = try await registered("n-1", in: store)
            let cordon = try await issue(store, request(.cordon, key: "c"), for: node)
            try same(cordon.state, .succeeded)
            try same(try await store.node("n-1").node.status, .cordoned)
            let uncordon = try await store.issue(request(.uncordon, key: "u"), for: "n-1", id: CommandID(UUID()))
            try same(try await store.node("n-1").node.status, .active)
            let repeated = try await store.issue(request(.uncordon, key: "u"), for: "n-1", id: CommandID(UUID()))
            try same(repeated.command, uncordon.command)
            try confirm(repeated.wasRepeated, "not repeated")
            try await fails(.refused) { try await store.issue(request(.uncordon), for: "n-1", id: CommandID(UUID())) }
            try same(try await lease(store, node).count, 0)
        },
        ConformanceCase("drain sets the node draining and travels (C14)") { store in
            let node = try await registered("n-1", in: store)
            let drain = try await issue(store, request(.drain), for: node)
            try same(try await store.node("n-1").node.status, .draining)
            try same(try await lease(store, node).map(\.token.command), [drain.id])
        },
        ConformanceCase("one call for many nodes answers for each, in order") { store in
            _ = try await registered("n-1", in: store)
            let gone = try await registered("n-2", in: store)
            try await terminate(gone, store)
            _ = try await registered("n-3", in: store)
            for type in [CommandType.runDiagnostic, .cordon] {
                let targets = ["n-1", "x", "n-2", "n-3"].map { (NodeID($0), CommandID(UUID())) }
                let answers = try await store.issue(request(type, key: "bulk-\(type)"), forEach: targets)
                try same(answers.map(summary), ["n-1 new", "x notFound", "n-2 refused", "n-3 new"])
                let again = targets.map { ($0.0, CommandID(UUID())) }
                let repeats = try await store.issue(request(type, key: "bulk-\(type)"), forEach: again)
                try same(repeats.map(summary), ["n-1 repeat", "x notFound", "n-2 refused", "n-3 repeat"])
            }
        },
        ConformanceCase("cancel ends what waits and asks what runs (C9)") { store in
            let node = try await registered("n-1", in: store)
            let token = try await running(store, node)
            let waiting = try await issue(store, request(), for: node)
            guard case .cancelled(let ended) = try await store.cancel(waiting.id, by: "operator", reason: "no need")
            else {
                throw ConformanceFailure(description: "not cancelled")
            }
            try same(ended.state, .cancelled)
            try same(ended.result?.message, "cancelled by operator: no need")
            guard case .requested(let asked) = try await store.cancel(token.command, by: "operator", reason: "") else {
                throw ConformanceFailure(description: "not requested")
            }
            try confirm(asked.cancelRequested && asked.state == .running, "\(asked)")
            try same(try await store.cancelRequests(for: [node.key]), [node.key: [token.command]])
            try same(
                try await store.renew([token], of: node.key, duration: .seconds(60)),
                RenewOutcome(renewed: [token.command], cancelRequested: [token.command]))
            try await fails(.refused) { try await store.cancel(waiting.id, by: "operator", reason: "") }
            try await fails(.notFound) { try await store.cancel(CommandID(UUID()), by: "operator", reason: "") }
        },
        ConformanceCase("commands are listed newest first, page by page") { store in
            let node = try await registered("n-1", in: store)
            var issued: [CommandID] = []
            for _ in 0..<5 { issued.append(try await issue(store, request(), for: node).id) }
            var filter = CommandFilter()
            filter.nodeID = "n-1"
            filter.state = .queued
            for filter in [filter, CommandFilter()] {
                var seen: [CommandID] = []
                var token: String?
                repeat {
                    let page = try await store.commands(filter, limit: 2, after: token)
                    seen += page.elements.map(\.id)
                    token = page.next
                } while token != nil
                try same(seen, issued.reversed())
            }
            filter.nodeID = "x"
            try same(try await store.commands(filter, limit: 2, after: nil).elements.count, 0)
            try await fails(.refused) { try await store.commands(CommandFilter(), limit: 1, after: "c:1:2") }
        },
    ]

    private static func summary(_ answer: BulkIssue) -> String {
        switch answer {
        case .issued(let node, let outcome): "\(node) \(outcome.wasRepeated ? "repeat" : "new")"
        case .failed(let node, let code, _): "\(node) \(code)"
        }
    }
}
