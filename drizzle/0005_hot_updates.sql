DROP INDEX "twin_state_sweep";--> statement-breakpoint
CREATE INDEX "twin_state_due" ON "twin_state" USING btree ("oldest_pending_at") WHERE oldest_pending_at is not null and open_job_id is null and paused_at is null;--> statement-breakpoint
-- Room on each page, so that a vote rewrites a row in place (HOT) and touches no index.
ALTER TABLE "twin_state" SET (fillfactor = 50);
