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
        ConformanceCase("commands of many callers share a transaction, and each gets its own answer (C13)") { store in
            for id in ["n-1", "n-2"] { _ = try await registered(id, in: store) }
            try await terminate(try await registered("n-3", in: store), store)
            var byOther = request(key: "k")
            byOther.issuedBy = "somebody else"
            byOther.parameters = ["test": "clock", "depth": "2"]
            var changed = request(key: "k")
            changed.parameters = [:]
            let long = request(.terminate, key: "t", timeToLive: .seconds(7), runTimeout: .milliseconds(1_500))
            let wishes: [(CommandRequest, NodeID)] = [
                (request(key: "z"), "n-2"), (request(key: "k"), "n-1"), (request(), "x"), (byOther, "n-1"),
                (request(key: "k"), "n-1"), (changed, "n-1"), (long, "n-2"), (request(), "n-3"),
            ]
            let calls = wishes.map { IssueCall($0.0, for: $0.1, id: CommandID(UUID())) }
            let expected = [
                "n-2 new", "n-1 new", "notFound", "n-1 new", "n-1 repeat", "conflict", "n-2 new", "refused",
            ]
            let before = try await store.commands(CommandFilter(), limit: 20, after: nil).elements.count
            let answers = try await store.issue(calls)
            try same(answers.map(summary), expected)
            for (place, wish) in wishes.enumerated() {
                guard case .success(let outcome) = answers[place] else { continue }
                let stored = try await store.command(outcome.command.id)
                try same(stored, outcome.command)
                try same(stored.parameters, wish.0.parameters)
                try same(stored.issuedBy, wish.0.issuedBy)
                try same(stored.type, wish.0.type)
                try same(stored.runTimeout, wish.0.runTimeout)
                let life = stored.notAfter - stored.issuedAt
                try confirm(life >= wish.0.timeToLive - .seconds(1) && life <= wish.0.timeToLive, "lives \(life)")
            }
            // The same ids once more, as after an answer that was lost: nothing is made twice.
            let again = try await store.issue(calls)
            try same(again.map(summary), expected)
            try same(try await store.commands(CommandFilter(), limit: 20, after: nil).elements.count, before + 4)
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
            try same(
                try await store.work(for: [node.key]), NodeWork(cancelRequests: [node.key: [token.command]]))
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

    private static func summary(_ answer: Result<IssueOutcome, StoreError>) -> String {
        switch answer {
        case .success(let outcome): "\(outcome.command.nodeID) \(outcome.wasRepeated ? "repeat" : "new")"
        case .failure(let error): "\(error.code)"
        }
    }

    private static func summary(_ answer: BulkIssue) -> String {
        switch answer {
        case .issued(let node, let outcome): "\(node) \(outcome.wasRepeated ? "repeat" : "new")"
        case .failed(let node, let code, _): "\(node) \(code)"
        }
    }
}
