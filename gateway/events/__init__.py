"""What a business is told: webhooks by the Standard Webhooks specification, and e-mail."""
