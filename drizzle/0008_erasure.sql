ALTER TABLE "twin_state" ADD COLUMN "rater_erased_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "twins" ADD COLUMN "purged_rows" jsonb;--> statement-breakpoint
CREATE INDEX "learning_snapshots_by_tenant" ON "learning_snapshots" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_by_tenant" ON "audit_log" USING btree ("tenant_id","id");