import Foundation
public import Presets

/// Money of a set of generations: the one place where it is counted.
public struct Spending: Sendable, Hashable {
  public static let zero = Spending(paid: .zero, uncertain: .zero, unpriced: 0)

  /// Accepted by a service and not failed.
  public let paid: USD
  /// Of requests that may or may not have been accepted, and of generations that may have been charged although they were
  /// cancelled or failed.
  public let uncertain: USD
  /// Generations, paid or uncertain, whose price is not known.
  public let unpriced: Int

  /// Paid or possibly paid.
  public var total: USD { paid + uncertain }

  public init(paid: USD, uncertain: USD, unpriced: Int) {
    self.paid = paid
    self.uncertain = uncertain
    self.unpriced = unpriced
  }

  public init(of generations: some Sequence<GenerationEntry>) {
    self = generations.reduce(.zero) { $0 + $1.spending }
  }

  /// Whether this and a further cost stay at or below a limit.
  public func allows(_ cost: USD, below limit: USD) -> Bool { total + cost <= limit }

  public static func + (a: Spending, b: Spending) -> Spending {
    Spending(paid: a.paid + b.paid, uncertain: a.uncertain + b.uncertain, unpriced: a.unpriced + b.unpriced)
  }
}

/// Money of one day.
public struct DaySpending: Sendable, Hashable {
  /// `YYYY-MM-DD`, in UTC.
  public let day: String
  public let spending: Spending
}

extension GenerationEntry {
  /// Whether money went for a generation.
  public enum Payment: String, Sendable, Hashable, CaseIterable {
    case paid
    /// It may have.
    case uncertain
    case none
  }

  public var payment: Payment {
    switch state {
    case .submitted, .processing, .succeeded, .downloaded, .verified, .rejected: .paid
    case .pending, .uncertain: .uncertain
    case .cancelled, .failed: mayCost ? .uncertain : .none
    case .notAccepted: .none
    }
  }

  /// What this generation counts for.
  public var spending: Spending {
    let unpriced = cost == nil ? 1 : 0
    switch payment {
    case .paid: return Spending(paid: cost ?? .zero, uncertain: .zero, unpriced: unpriced)
    case .uncertain: return Spending(paid: .zero, uncertain: cost ?? .zero, unpriced: unpriced)
    case .none: return .zero
    }
  }
}

extension Ledger {
  /// What was paid in this workspace, and what may have been.
  public func spending() throws -> Spending { Spending(of: try generations()) }

  /// The same by day of sending, earliest first; days without money are left out.
  public func spendingByDay() throws -> [DaySpending] {
    let days = Dictionary(grouping: try generations()) { Self.day($0.submittedAt ?? $0.createdAt) }
    return days.map { DaySpending(day: $0.key, spending: Spending(of: $0.value)) }
      .filter { $0.spending != .zero }.sorted { $0.day < $1.day }
  }

  private static func day(_ time: Double) -> String {
    Date(timeIntervalSince1970: time).formatted(.iso8601.year().month().day())
  }
}
