/// Is told when a paid request is about to leave, and when it is certain that it was not taken after all: only between the
/// two can it have been paid.
public protocol SendJournal: Sendable {
  /// Nothing is sent when this throws.
  func willSend() throws
  func wasNotTaken() throws
}
