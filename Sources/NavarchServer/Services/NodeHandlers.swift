// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchControl
import NavarchModel
import NavarchStore
import NavarchWire

/// `navarch.v1.NodeService`.
struct NodeHandlers: Sendable {
    let control: ControlPlane
    let handling: Handling

    func add(to router: inout RPCRouter) {
        handling.unary(&router, NodeMethods.listNodes) { request, context in try await list(request, context) }
        handling.unary(&router, NodeMethods.getNode) { request, _ in try await get(request) }
        handling.stream(&router, NodeMethods.watchNodes, watch)
    }

    private func list(
        _ request: Navarch_V1_ListNodesRequest, _ context: CallContext
    ) async throws -> Navarch_V1_ListNodesResponse {
        var filter = NodeFilter()
        filter.provider = request.provider
        filter.region = request.region
        filter.zone = request.zone
        filter.status = NodeStatus(request.status)
        filter.labels = Self.selector(request.labelSelector)
        let limit = PageSize.rows(request.pageSize)
        let (page, cursor) = try await PageSize.reading(over: context) { () async throws(StoreError) in
            try await control.nodes.nodes(filter, limit: limit, after: PageSize.token(request.pageToken))
        }
        return .with {
            $0.nodes = page.elements.map { Navarch_V1_NodeInfo($0) }
            $0.nextPageToken = page.next ?? ""
            $0.watchCursor = cursor.description
        }
    }

    private func get(_ request: Navarch_V1_GetNodeRequest) async throws -> Navarch_V1_GetNodeResponse {
        let detail = try await control.nodes.node(NodeID(request.nodeID))
        var info = Navarch_V1_NodeInfo(detail.node, healthResults: detail.healthResults, metrics: detail.metrics)
        info.config = Navarch_V1_NodeConfig(control.nodes.settings)
        return .with { $0.node = info }
    }

    private func watch(
        _ request: Navarch_V1_WatchNodesRequest, _ writer: RPCWriter<Navarch_V1_WatchNodesResponse>,
        _ context: CallContext
    ) async throws {
        var filter = NodeFilter()
        filter.provider = request.provider
        filter.region = request.region
        filter.zone = request.zone
        filter.status = NodeStatus(request.status)
        filter.labels = Self.selector(request.labelSelector)
        try await writer.sendHeaders()
        do {
            try await control.watches.watch(filter, from: FeedCursor(request.cursor)) { change in
                try await writer.write(Self.message(change))
            }
        } catch let error as StoreError where error.code == .refused {
            throw RPCError(.outOfRange, "the cursor is older than what is kept, or of another database: list again")
        }
        try Task.checkCancellation()
        throw RPCError.goElsewhere
    }

    private static func message(_ change: NodeChange) -> Navarch_V1_WatchNodesResponse {
        .with {
            if let node = change.node { $0.node = Navarch_V1_NodeInfo(node) }
            $0.cursor = change.cursor.description
            $0.eventType = change.eventType
            $0.synced = change.synced
        }
    }

    static func selector(_ text: String) -> LabelSelector? {
        guard !text.isEmpty else { return nil }
        do throws(LabelSelector.SyntaxError) {
            return try LabelSelector(text)
        } catch {
            preconditionFailure("the table requires a selector, not \(text)")
        }
    }
}

/// How lists are cut into pages.
enum PageSize {
    /// Rows of a page when the request does not say.
    static let standard = 100

    static func rows(_ asked: Int32) -> Int { asked == 0 ? standard : Int(asked) }

    static func token(_ text: String) -> String? { text.isEmpty ? nil : text }

    /// A token that no list gave is a mistake of the request, not a state of the system.
    static func reading<Result>(
        over context: CallContext, _ body: () async throws(StoreError) -> Result
    ) async throws -> Result {
        do throws(StoreError) {
            return try await body()
        } catch  where error.code == .refused {
            throw RPCError.badField(
                "page_token", Problem(.badFormat, "must be a token that an earlier page gave"),
                over: context.rpcProtocol)
        }
    }
}
